"""Reading and judging the files of one `check`, on all cores where that pays."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optrace.cli.cores import cores, leave_with_parent, undisturbed
from optrace.cli.kept import understood
from optrace.cli.load import Understood, read_filter
from optrace.cli.output import Output, Progress
from optrace.cli.policy import Policy
from optrace.cli.report import document, text
from optrace.core.errors import OptraceError
from optrace.session.steps import Step

_WORTH_PROCESSES = 4_000_000  # bytes in all; below that, starting processes takes longer than reading


@dataclass(frozen=True, slots=True)
class Examined:
    """One recording: the document of `check`, and for the text format its lines."""

    document: dict[str, Any]
    lines: tuple[str, ...] = ()


def examine(args: Namespace, policy: Policy, output: Output) -> list[Examined]:
    """Each file of the command line, in its order. Raises OptraceError for the first that can't be read."""
    read_filter(args)  # a wrong one is said before anything is read
    sizes = [_size(path) for path in args.files]
    if len(sizes) == 1 or cores() == 1 or sum(sizes) < _WORTH_PROCESSES:
        return [_examine(args, policy, path, output) for path in args.files]
    return _on_all_cores(args, policy, output, sizes, min(cores(), len(sizes)))


def _examine(args: Namespace, policy: Policy, path: str, output: Output) -> Examined:
    wanted = read_filter(args)
    with understood(args, path, output) as found:
        steps = list(found.steps(wanted))
        judged = document(found, steps, reveal=args.reveal)
        accepted = _mark_accepted(judged, policy)
        lines: tuple[str, ...] = ()
        if args.format == "text":
            lines = _lines(found, _without(steps, accepted) if accepted else steps, output, args.profile, accepted)
        return Examined(judged, lines)


def _mark_accepted(judged: dict[str, Any], policy: Policy) -> set[tuple[int, str]]:
    """Say of each accepted finding of the document that it is; returns their (exchange, rule)."""
    found: set[tuple[int, str]] = set()
    if not policy.accepted:
        return found
    for exchange in judged["exchanges"]:
        troubles = policy.troubles(exchange)
        found |= {(exchange["n"], trouble.rule) for trouble in troubles if trouble.accepted}
        for finding in exchange["findings"]:
            if (exchange["n"], finding["rule"]) in found:
                finding["accepted"] = True
    return found


def _without(steps: list[Step], accepted: set[tuple[int, str]]) -> list[Step]:
    return [
        replace(step, findings=tuple(one for one in step.findings if (step.n, one.rule) not in accepted))
        for step in steps
    ]


def _lines(
    found: Understood, steps: list[Step], output: Output, profile: str, accepted: set[tuple[int, str]]
) -> tuple[str, ...]:  # fmt: skip
    lines = list(text(found, steps, output, profile))
    if accepted:
        lines.append(output.style(f"  accepted and not counted: {len(accepted)}", "dim"))
    return tuple(lines)


# several processes


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a process sends back: the result, or why there is none, and what it had to say."""

    examined: Examined | None
    talk: str
    failure: tuple[str, str, int] | None = None


def _on_all_cores(
    args: Namespace, policy: Policy, output: Output, sizes: Sequence[int], processes: int
) -> list[Examined]:  # fmt: skip
    from concurrent.futures import ProcessPoolExecutor, as_completed  # slow to import
    from multiprocessing import active_children, get_context

    answers: dict[int, _Answer] = {}
    color = "always" if output.colored(output.out) else "never"
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=leave_with_parent)
    try:
        with Progress(output, f"checking {len(sizes)} files") as progress:
            with undisturbed():
                work = {
                    pool.submit(_in_a_process, args, policy, path, color, output.quiet): place
                    for place, path in enumerate(args.files)
                }
            done = 0
            for future in as_completed(work):
                answers[work[future]] = future.result()
                done += sizes[work[future]]
                progress(done, sum(sizes))
    except BaseException:
        for process in active_children():  # each is at work on a whole file, and nobody wants to know any more
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    found = []
    for _, answer in sorted(answers.items()):
        if answer.talk:
            output.tell(answer.talk.rstrip("\n"))
        if answer.examined is None:
            raise _error(answer.failure)
        found.append(answer.examined)
    return found


def _in_a_process(args: Namespace, policy: Policy, path: str, color: str, quiet: bool) -> _Answer:
    err = io.StringIO()
    output = Output(color=color, quiet=quiet, err=err)
    try:
        return _Answer(_examine(args, policy, path, output), err.getvalue())
    except OptraceError as error:
        return _Answer(None, err.getvalue(), (error.title, error.remedy, error.exit_code))


def _error(failure: tuple[str, str, int] | None) -> OptraceError:
    title, remedy, exit_code = failure or ("A process of optrace ended without an answer", "", 4)
    error = OptraceError(title, remedy=remedy)
    error.exit_code = exit_code
    return error


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0  # opening it says what is wrong
