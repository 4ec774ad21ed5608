"""Files that appear when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from optrace.core.errors import CannotStart


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write: it appears when it is whole, and only its owner may read it.

    Raises:
        CannotStart: it can't be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(file, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            yield out
        unfinished.replace(path)
    except OSError as error:
        raise CannotStart(f"{path} can't be written: {error.strerror}", remedy="Give another place.") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
