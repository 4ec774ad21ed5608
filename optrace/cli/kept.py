"""Steps that need not be worked out again: kept in the user's cache, and used while nothing they depend on has changed.

They depend on the session's file, on the code of optrace, and on the user's keys and whatever the network says; so
nothing is kept of a recording that still grows, is damaged, was given keys or lacks some.
"""

from __future__ import annotations

import hashlib
import os
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from platform import python_version

import optrace
from optrace.cli.load import Understood, loaded
from optrace.cli.output import Output
from optrace.cli.places import cache_directory
from optrace.cli.understanding import Understanding
from optrace.session.trace import Trace
from optrace.store.files import state_of
from optrace.store.kept import KeptSteps, Key, keeping_steps, open_kept
from optrace.store.reader import SessionReader
from optrace.store.sources import Source, open_source

WORTH = 1000  # exchanges; fewer are understood in the time that this takes
SMALL = 100_000  # bytes; a thousand exchanges take more, so nobody need ask for the state of the code
_ROOM = 1 << 30  # bytes of the cache; what wasn't made lately goes
_BEGAN = time.time()
_BELOW = ("cryptography", "http-sf", "pydantic")  # what the code that understands stands on


@contextmanager
def understood(args: Namespace, path: str, output: Output) -> Iterator[Understood]:
    """A recording and its steps as `loaded` gives them, without reading it all if that was done before."""
    state = state_before(args, path)
    if (kept := recall(args, path)) is not None:
        source = open_source(path)
        try:
            yield Understood(source, kept)
        finally:
            kept.close()
            source.close()
        return
    with loaded(args, path, output) as found:
        keep(found.source, found.trace, Path(path), state)
        yield found


def recall(args: Namespace, path: str) -> KeptSteps | None:
    """The steps of a recording as they were kept; None if they have to be worked out."""
    place, state = place_of(Path(path)), state_before(args, path)
    key = None if state is None or not place.exists() else _key(state)
    return None if key is None else open_kept(place, key)


def keep(source: Source, trace: Trace, path: Path, state: str | None) -> None:
    """Keep what was understood if it is final and worth it. That it can't be written is no trouble.

    Args:
        state: the session's, before it was read.
    """
    for _ in _keeping(source, trace, path, state):
        pass


def keeping(source: Source, trace: Understanding, path: Path, state: str | None) -> Iterator[bool]:
    """The same for a screen that has read a recording to its end: a little at a time, while nobody waits.

    Rules that were run while the recording grew may have seen less than those of `check`, which see all of it: they
    look once more first. Yields whether findings changed by that.

    Args:
        state: the session's, before it was read.
    """
    if state is None or not _final(source, trace):
        return
    yield from trace.reviewing()
    yield from (False for _ in _keeping(source, trace, path, state))


def _keeping(source: Source, trace: Trace, path: Path, state: str | None) -> Iterator[None]:
    if state is None or not _final(source, trace) or state != _state(path) or (key := _key(state)) is None:
        return
    place = place_of(path)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        steps = (trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n))
        yield from keeping_steps(
            place, key, steps=steps, payments=trace.payments, lane_hosts=trace.lane_hosts, last=len(trace)
        )
        _make_room(place.parent, place)


def _final(source: Source, trace: Trace) -> bool:
    """Whether what was understood will stay so, and is worth to be kept."""
    if len(trace) < WORTH or not isinstance(source, SessionReader) or source.live or source.damage:
        return False
    return not trace.missing_keys()  # they may be published any day


def state_before(args: Namespace, path: str) -> str | None:
    """The state of a session's file, to be asked before it is read; None if nothing can be kept of it.

    That is so if the state may change, if it is no file at all or a small one, and if the user gave keys.
    """
    return None if args.key or args.jwks else _state(Path(path))


def _state(path: Path) -> str | None:
    try:
        small = path.stat().st_size < SMALL
    except OSError:
        return None
    return None if small else state_of(path, now=time.time())


def _key(state: str) -> Key | None:
    code = code_state()
    return None if code is None else Key(session=state, code=code)


def place_of(path: Path) -> Path:
    """Where the steps of a session are kept."""
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    return cache_directory() / "steps" / f"{name}.steps"


@cache
def code_state() -> str | None:
    """What tells this code from any other version of it, also one that is being worked on.

    None if it has changed since this process began, which understands as it was before.
    """
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    root = Path(optrace.__file__).parent
    told = hashlib.sha256(python_version().encode())
    for name in _BELOW:
        with suppress(PackageNotFoundError):
            told.update(f"{name} {version(name)}\n".encode())
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                found = os.stat(os.path.join(folder, name))
                if found.st_mtime > _BEGAN:
                    return None
                told.update(f"{folder}/{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return told.hexdigest()


def _make_room(folder: Path, newest: Path) -> None:
    files = [(each.stat(), each) for each in folder.glob("*.steps")]
    files.sort(key=lambda one: (one[1] == newest, one[0].st_mtime), reverse=True)
    room = _ROOM
    for found, each in files:
        room -= found.st_size
        if room < 0 and each != newest:
            each.unlink(missing_ok=True)
