"""What optrace raises: only the user's own mistakes and the machine's refusals, never broken traffic."""

from __future__ import annotations


class OptraceError(Exception):
    """A fault that the user can mend: what happened (`title`), the facts, and what to do (`remedy`).

    Subclasses give `title` and `remedy` as templates that keyword arguments fill; a text given here is used as it is.
    The command line prints both and ends with `exit_code` (optrace/cli/exit_codes.py names them).

        OptraceError
        ├── Usage            wrong arguments or settings
        ├── NotASession      a file that isn't a recording
        ├── NewerSession     a recording of a later version
        ├── DamagedSession   a recording that can be read only in part
        └── CannotStart      port taken, no permission, no terminal
    """

    title = "Something went wrong"
    remedy = ""
    exit_code = 2

    def __init__(self, title: str | None = None, *, remedy: str | None = None, **facts: object) -> None:
        self.facts = facts
        self.title = title if title is not None else type(self).title.format(**facts)
        self.remedy = remedy if remedy is not None else type(self).remedy.format(**facts)
        super().__init__(self.title)

    @property
    def excerpt(self) -> tuple[str, ...]:
        """Lines, safe to show, of what is wrong, with what points at the place; mostly none."""
        return ()


class Usage(OptraceError):
    """The arguments or settings can't be used as they are."""


class NotASession(OptraceError):
    """The file isn't a recording that optrace can read."""

    title = "{path} is not a recording that optrace can read: {why}"
    remedy = "optrace reads .optrace sessions, mitmproxy flow files, HAR and JSON lines."


class NewerSession(OptraceError):
    """The session file was written by a later version of optrace."""

    title = "{path} has session format {found}; this optrace reads up to format {known}"
    remedy = "Update optrace: pip install -U optrace-openpayments"


class DamagedSession(OptraceError):
    """The recording is damaged; what could be read was given out first."""

    title = "{path} is damaged: {why}"
    remedy = "What could be read was shown."
    exit_code = 5


class CannotStart(OptraceError):
    """The machine refuses something that optrace needs to run."""

    exit_code = 4
