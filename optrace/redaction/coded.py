"""Base64 and hex in a text: what it says changed, and coded again as it was."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import lru_cache

from optrace.core.sweep import decoded, runs_of

_SHORTEST = 12  # characters
_RUN = re.compile(rf"(?<![\w+/-])[\w+/-]{{{_SHORTEST},}}={{0,2}}", re.A)  # of anything, or just a long word
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+").fullmatch
_REMEMBERED = 65536  # runs that say nothing


class Coded:
    """Changes what runs of base64 and hex say.

    Args:
        to: what a plain text becomes.
    """

    def __init__(self, to: Callable[[str], str]) -> None:
        self._to = to
        self._decoded = lru_cache(maxsize=4096)(decoded)
        self._mute: set[bytes] = set()  # runs that say nothing, whatever is looked for

    def change(self, text: str) -> str:
        """The text with each run changed that says what has to be changed."""
        return _RUN.sub(self._again, text) if len(text) >= _SHORTEST and self._says_something(text) else text

    def _says_something(self, text: str) -> bool:
        """Whether any run of a text says anything."""
        for run in runs_of(text.encode("utf-8", "surrogatepass")) - self._mute:
            if len(run) >= _SHORTEST:
                said = run.decode()
                if decoded(said) or (_HEX(said) and decoded(f"{said}=")):
                    return True
            if len(self._mute) >= _REMEMBERED:
                self._mute.clear()
            self._mute.add(run)
        return False

    def _again(self, match: re.Match[str]) -> str:
        said = self._decoded(match[0])
        if not said or (changed := self._to(said)) == said:
            return match[0]
        data = changed.encode("utf-8", "surrogatepass")
        if _HEX(match[0]):
            return data.hex() if match[0] == match[0].lower() else data.hex().upper()
        coded = base64.b64encode(data).decode()
        coded = coded if match[0].endswith("=") else coded.rstrip("=")
        return coded.replace("+", "-").replace("/", "_") if re.search("[-_]", match[0]) else coded
