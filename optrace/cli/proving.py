"""The proof that a copy gives nothing away and says the same: it is read back from its file, and understood anew.

For a big recording a process of its own does that. It follows the copy while it is written, as a screen follows a
recording, so that little is left to do at the end.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import batched
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from optrace.cli.cores import cores, undisturbed
from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import ASIDE, AT_HAND
from optrace.core.errors import OptraceError
from optrace.core.json_bytes import hasten
from optrace.core.messages import Exchange
from optrace.redaction.compare import Said, said_of
from optrace.redaction.residue import Residue
from optrace.rules.engine import Diagnosis
from optrace.session.trace import Trace
from optrace.store.ahead import Ahead
from optrace.store.sources import Source, open_source

_WORTH_A_PROCESS = 500  # exchanges; fewer are proven before it has started
_PATIENCE = 0.05  # seconds, until more may have been written
_BATCH = 500  # exchanges that are told of at once

Each = Callable[[int], None]  # told how many exchanges are done


class SecretLeft(OptraceError):
    """The proof failed."""

    title = "A secret is left in {where}: nothing was written"
    remedy = "Give away an export instead: `optrace export FILE -f html` masks what it can't read, too."
    exit_code = ExitCode.FINDINGS


class Prover(Protocol):
    """Who proves a copy, step by step."""

    @property
    def looked_for(self) -> int:
        """How many secrets are looked for."""

    @property
    def unprovable(self) -> int:
        """How many can't be told from other text, so that they are not looked for."""

    def begin(self, secrets: Iterable[str]) -> None:
        """The copy was begun; these must not be in it."""

    def written(self) -> None:
        """All is written, and the file still open. Raises SecretLeft if one was found by now."""

    def closed(self) -> None:
        """The file is whole: another process may look at what is left to look at."""

    def finish(self, each: Each) -> None:
        """Look at what is left to look at. Raises SecretLeft if there is a secret in the copy."""

    def said(self) -> Iterator[Said | None]:
        """What is said of each exchange of the copy."""


@contextmanager
def proving(path: Path, exchanges: int) -> Iterator[Prover]:
    """Who proves the copy that will be written there, of so many exchanges."""
    if exchanges < _WORTH_A_PROCESS or cores() < 2:
        yield _Proof(path)
        return
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_beside, args=(there, path), daemon=True)
    with undisturbed():
        process.start()
    there.close()  # so that its end is noticed here
    try:
        yield _Beside(here)
    finally:
        here.close()
        process.terminate()  # it may be in the midst of a search
        process.join()


class _Proof:
    """The proof in this process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._residue = Residue(())
        self._ahead: Ahead | None = None
        self._trace = Trace(self._exchange, at_hand=AT_HAND, aside=ASIDE)

    @property
    def looked_for(self) -> int:
        return self._residue.looked_for

    @property
    def unprovable(self) -> int:
        return self._residue.unprovable

    def begin(self, secrets: Iterable[str]) -> None:
        self._residue = Residue(secrets)

    def written(self) -> None:
        """Nothing was looked at yet."""

    def closed(self) -> None:
        """There is no other process."""

    def finish(self, each: Each) -> None:
        source = self.reopen()
        try:
            self.read(source, each)
            self.look_at_notes(source)
            self.conclude(each)
        finally:
            source.close()

    def said(self) -> Iterator[Said | None]:
        return said_of(self._trace)

    def read(self, source: Source, each: Each) -> None:
        """Take in all that is there by now. Raises SecretLeft."""
        while events := source.poll():
            for event in events:
                if (where := self._residue.in_event(event)) is not None:
                    raise SecretLeft(where=where)
            self._trace.feed(events)
            each(len(self._trace))

    def look_at_notes(self, source: Source) -> None:
        """Look for secrets in what the user noted. Raises SecretLeft."""
        for n, text in source.notes().items():
            if self._residue.in_text(text):
                raise SecretLeft(where=f"the note on exchange {n}")

    def conclude(self, each: Each) -> None:
        """Nothing more comes: run the rules."""
        read = len(self._trace)
        Diagnosis(self._trace).look(lambda n: each(read + n), ended=True)

    def follow(self, waiting: Callable[[], bool]) -> None:
        """Take in what is written, for as long as more may come. Raises SecretLeft."""
        source = open_source(self._path)
        try:
            while waiting():
                self.read(source, lambda done: None)
            self.read(source, lambda done: None)
            self.look_at_notes(source)
        finally:
            source.close()

    def reopen(self) -> Source:
        """The file is whole now: what has to be looked at again is read from it."""
        source = open_source(self._path)
        self._ahead = Ahead(source)
        return source

    def _exchange(self, n: int) -> Exchange:
        if self._ahead is None:
            raise LookupError(n)
        return self._ahead.exchange(n)


class _Beside:
    """The proof in another process: this side of it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.looked_for = self.unprovable = 0

    def begin(self, secrets: Iterable[str]) -> None:
        self._tell(list(secrets))

    def written(self) -> None:
        self._tell("written")
        if (where := self._hear()) is not None:
            raise SecretLeft(where=where)

    def closed(self) -> None:
        self._tell("closed")

    def finish(self, each: Each) -> None:
        while isinstance(said := self._hear(), int):
            each(said)
        self.looked_for, self.unprovable = said

    def said(self) -> Iterator[Said | None]:
        while batch := self._hear():
            yield from batch

    def _tell(self, what: object) -> None:
        try:
            self._pipe.send(what)
        except OSError:
            raise _ended() from None

    def _hear(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            raise _ended() from None


def _ended() -> OptraceError:
    return OptraceError("A process of optrace ended without an answer", remedy="Is there enough memory?")


def _beside(pipe: Connection, path: Path) -> None:
    """The other side: what is told comes in the order of `Prover`."""
    gc.set_threshold(20_000, 20)
    hasten()
    proof = _Proof(path)
    try:
        proof.begin(pipe.recv())
        try:
            proof.follow(lambda: not pipe.poll(_PATIENCE))
        except SecretLeft as left:
            pipe.send(left.facts["where"])
            while True:  # until this is heard, and nobody waits for more
                pipe.recv()
        pipe.recv()
        pipe.send(None)
        pipe.recv()
        proof.reopen()
        proof.conclude(lambda n: pipe.send(n) if n % _BATCH == 0 else None)
        pipe.send((proof.looked_for, proof.unprovable))
        for some in batched(proof.said(), _BATCH):
            pipe.send(some)
        pipe.send(None)
    except (EOFError, OSError):  # nobody waits for the rest
        return
