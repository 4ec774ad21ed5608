"""A request in the user's own editor: `VISUAL`, `EDITOR`, or vi."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from optrace.core.masking import Secrets
from optrace.core.messages import HttpRequest
from optrace.replay.edit import Draft, WrongEdit


class NotEdited(Exception):
    """It stays as it was; the text says why."""


def edited(request: HttpRequest, secrets: Secrets, open_editor: Callable[[Path], None]) -> HttpRequest:
    """The request as the user leaves it; the same one if nothing was changed.

    Args:
        secrets: are shown as their masks, and come back in their places.
        open_editor: lets the user edit a file, and returns when that is over.

    Raises:
        NotEdited: there is no editor, or what was written is no request.
    """
    draft = Draft(request, secrets)
    with tempfile.TemporaryDirectory(prefix="optrace-") as folder:
        path = Path(folder) / "request.http"
        path.write_bytes(draft.text.encode("utf-8", "surrogateescape"))
        open_editor(path)
        text = path.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if not draft.text.endswith("\n"):
        text = text.removesuffix("\n")  # editors end the last line
    try:
        after = draft.with_text(text)
    except WrongEdit as error:
        raise NotEdited(str(error)) from None
    assert isinstance(after, HttpRequest)
    return after


def open_editor(path: Path) -> None:
    """Start the user's editor. Raises NotEdited."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        status = subprocess.run([*shlex.split(command), path], check=False).returncode
    except (OSError, ValueError) as error:
        raise NotEdited(f"{command} can't be started ({error}); set EDITOR") from None
    if status:
        raise NotEdited(f"{command} ended with {status}")
