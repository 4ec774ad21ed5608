"""The proxy as a process of its own: what the parent starts, and what the child says.

The child writes JSON lines to its standard output, and nothing else:

    {"ready": {"host": "127.0.0.1", "port": 8080}}
    {"error": {"title": ..., "remedy": ..., "exit_code": 4}}     it could not start; the child ends
    {"trouble": "..."}       why nothing is recorded at present (a full disk); null: it works again

Its standard input stays open and empty as long as the parent lives: when it ends, the child stops cleanly. So the proxy
never outlives its parent, on any platform, however the parent dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self

from optrace.capture.desk import Desk
from optrace.capture.options import ProxyOptions
from optrace.capture.sink import Sink
from optrace.core.errors import CannotStart, OptraceError

READY_WITHIN = 20.0  # seconds; a cold start on a busy machine takes five
_GRACE = 5.0  # seconds to stop before it is told harder

OnTrouble = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the child has said so far; threads fill it."""

    first: queue.SimpleQueue[object] = field(default_factory=queue.SimpleQueue)  # ready, error, or None: it ended
    troubles: deque[str | None] = field(default_factory=deque)
    stderr: deque[str] = field(default_factory=lambda: deque(maxlen=50))


class ProxyProcess:
    """A running proxy process, seen from its parent. Leaving the `with` block stops it."""

    def __init__(self, process: subprocess.Popen[bytes], said: _Said, host: str, port: int) -> None:
        self._process = process
        self._said = said
        self.host = host
        self.port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def url(self) -> str:
        """What a client's HTTP_PROXY is set to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def stderr(self) -> str:
        """The last lines that it wrote to standard error."""
        return "\n".join(self._said.stderr)

    def troubles(self) -> list[str | None]:
        """What the child has complained of since the last call, in order; None stands for "it works again"."""
        found: list[str | None] = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._said.troubles.popleft())
        return found

    def stop(self, *, grace: float = _GRACE) -> int:
        """Stop the proxy: by closing its input, after `grace` seconds by SIGTERM, then by SIGKILL. Its exit code."""
        return _stop(self._process, grace)


def spawn_proxy(
    argv: Sequence[str], *, ready_within: float = READY_WITHIN, env: Mapping[str, str] | None = None
) -> ProxyProcess:
    """Start `argv`, a command that calls `serve_child`, and wait until its proxy listens.

    It gets a session of its own, so that Ctrl-C in the terminal reaches only the parent, who then stops it in order.

    Raises:
        CannotStart: with the child's own words if it gave any.
    """
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env) if env is not None else None,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStart(f"The proxy process can't be started: {error}", remedy="Reinstall optrace") from error
    said = _Said()
    assert process.stdout is not None
    assert process.stderr is not None
    threading.Thread(target=_read_stdout, args=(process.stdout, said), daemon=True).start()
    errors = threading.Thread(target=_read_stderr, args=(process.stderr, said), daemon=True)
    errors.start()
    try:
        first = said.first.get(timeout=ready_within)
    except queue.Empty:
        _stop(process, 0)
        raise CannotStart(
            f"The proxy did not start within {ready_within:g} seconds", remedy="Is the machine very busy? Try again"
        ) from None
    except BaseException:  # Ctrl-C while waiting
        _stop(process, 0)
        raise
    match first:
        case {"ready": {"host": str(host), "port": int(port)}}:
            return ProxyProcess(process, said, host, port)
        case {"error": {"title": str(title), "remedy": str(remedy), "exit_code": int(code)}}:
            _stop(process, _GRACE)
            failure = CannotStart(title, remedy=remedy)
            failure.exit_code = code
            raise failure
        case _:
            code = _stop(process, _GRACE)
            errors.join(1)
            raise CannotStart(
                f"The proxy ended at once (exit code {code}): {said.stderr[-1] if said.stderr else 'it said nothing'}",
                remedy="`optrace doctor` looks for the cause",
            )


def serve_child(
    options: ProxyOptions, open_sink: Callable[[OnTrouble], AbstractContextManager[tuple[Sink, Desk]]]
) -> int:
    """Be the child: run the proxy, and speak this module's protocol on standard output. Returns the exit code.

    Args:
        open_sink: gives the sink, and where orders arrive, and closes both when the proxy has stopped; it may raise
            `OptraceError`. It is handed a function that tells the parent why nothing can be recorded, and (with None)
            that it works again.
    """
    from optrace.capture.proxy import run_proxy  # mitmproxy is heavy, and no parent needs it

    say = _take_stdout()

    def trouble(text: str | None) -> None:
        say({"trouble": text})

    def ready(host: str, port: int) -> None:
        gc.collect()
        gc.freeze()  # what is loaded by now stays: the collector need not visit it while the traffic waits
        say({"ready": {"host": host, "port": port}})

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
        _stop_on_sigterm(loop, stop)
        with open_sink(trouble) as (sink, desk):
            await run_proxy(
                options,
                sink,
                ready=ready,
                stop=stop,
                complain=trouble,
                desk=desk,
            )

    try:
        asyncio.run(serve())
    except OptraceError as error:
        say({"error": {"title": error.title, "remedy": error.remedy, "exit_code": error.exit_code}})
        return error.exit_code
    return 0


def _take_stdout() -> Callable[[Mapping[str, object]], None]:
    """Keep standard output for the protocol: whatever else prints goes to standard error."""
    stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(line: Mapping[str, object]) -> None:
        # a parent that is gone is no trouble: standard input tells of it
        with lock, contextlib.suppress(OSError, ValueError):
            stdout.write(json.dumps(line) + "\n")
            stdout.flush()

    return say


def _stop_on_sigterm(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: it stops already
        loop.call_soon_threadsafe(stop.set)


def _read_stdout(stream: IO[bytes], said: _Said) -> None:
    with contextlib.suppress(OSError, ValueError):
        for raw in stream:
            with contextlib.suppress(ValueError):
                line: Any = json.loads(raw)
                match line:
                    case {"trouble": str() | None as trouble}:
                        said.troubles.append(trouble)
                    case dict():
                        said.first.put(line)
    said.first.put(None)


def _read_stderr(stream: IO[bytes], said: _Said) -> None:
    with contextlib.suppress(OSError, ValueError):
        for raw in stream:
            if line := raw.decode("utf-8", "replace").rstrip():
                said.stderr.append(line)


def _stop(process: subprocess.Popen[bytes], grace: float) -> int:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    for tell in (process.terminate, process.kill):
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            tell()
            grace = 2.0
    return process.wait()
