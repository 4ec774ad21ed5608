"""Work of which there is much, on all cores: each process is prepared once, and the results come in order."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from optrace.core.errors import OptraceError
from optrace.core.json_bytes import hasten

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_AHEAD = 3  # tasks of each process that wait to be done, or to be taken: memory stays flat


def cores() -> int:
    """The cores that this process may use."""
    count = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    return count or 1


@contextmanager
def undisturbed() -> Iterator[None]:
    """Processes that are started in here never hear of Ctrl-C: who starts them ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    _track()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def _track() -> None:
    """Start what is started with the first process otherwise, and lets signals through again."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()


def leave_with_parent() -> None:
    """Have this process end with the one that started it, also if that is killed."""
    from multiprocessing import parent_process

    def wait() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, name="optrace-parent", daemon=True).start()


class Crew:
    """Processes that are prepared, and wait for work."""

    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool = pool
        self._count = count

    def in_order[Task, Result](self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of all tasks, in the order of the tasks.

        Args:
            work: a function of a module: it is found by name in a fresh process.
            tasks: taken only as they can be done.

        Raises:
            OptraceError: what the work raises, or a process that ended without an answer.
        """
        from concurrent.futures.process import BrokenProcessPool

        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                with undisturbed():  # the first ones start the processes
                    waiting.append(self._pool.submit(work, task))
                if len(waiting) > self._count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            remedy = "Is there enough memory?"
            raise OptraceError("A process of optrace ended without an answer", remedy=remedy) from None


@contextmanager
def crew(*, prepare: Callable[..., None], told: tuple[Any, ...]) -> Iterator[Crew]:
    """A process for each core.

    Args:
        prepare: called once in each process, with what is `told`; a function of a module, too.
    """
    from concurrent.futures import ProcessPoolExecutor  # slow to import
    from multiprocessing import get_context

    count = cores()
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_prepared, initargs=(prepare, told)
    )  # fmt: skip
    try:
        yield Crew(pool, count)
    finally:
        pool.shutdown(cancel_futures=True)


def _prepared(prepare: Callable[..., None], told: tuple[Any, ...]) -> None:
    leave_with_parent()
    gc.set_threshold(20_000, 20)  # as in the first one
    hasten()
    prepare(*told)
    gc.freeze()  # what is there by now stays
    atexit.register(os._exit, 0)  # to take all of it apart takes a while, and nobody needs that
