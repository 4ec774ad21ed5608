"""Work of which there is much, on all cores: each process is prepared once, and the results come in order."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from optrace.core.errors import OptraceError

_AHEAD = 3  # tasks of each process that wait to be done, or to be taken: memory stays flat


def cores() -> int:
    """The cores that this process may use."""
    count = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    return count or 1


def in_order[Task, Result](
    work: Callable[[Task], Result], tasks: Iterable[Task], *, prepare: Callable[..., None], told: tuple[Any, ...]
) -> Iterator[Result]:
    """The results of all tasks, in the order of the tasks.

    Args:
        work: a function of a module, as `prepare` is: they are found by name in a fresh process.
        tasks: taken only as they can be done.
        prepare: called once in each process, with what is `told`.

    Raises:
        OptraceError: what the work raises, or a process that ended without an answer.
    """
    from concurrent.futures import Future, ProcessPoolExecutor  # slow to import
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    count, waiting = cores(), deque[Future[Result]]()
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_prepared, initargs=(prepare, told)
    )  # fmt: skip
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > count * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise OptraceError("A process of optrace ended without an answer", remedy="Is there enough memory?") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _prepared(prepare: Callable[..., None], told: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this process ends it
    prepare(*told)
