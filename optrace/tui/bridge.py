"""Between the recording and the screen: one worker thread reads, understands and answers; the screen only looks.

The thread alone touches the source. It feeds the trace in slices short enough that the screen, which takes the same
lock to look, never waits long, and it says at most twenty times a second that there is something new.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched

from textual.message import Message

from optrace.core.json_bytes import hasten
from optrace.session.events import Event
from optrace.session.recalled import Recalled
from optrace.session.trace import Trace as SessionTrace
from optrace.tui.finding import Finding
from optrace.tui.messages import Answered, DetailReady, TraceFailed, TraceGrew
from optrace.tui.notebook import Annotations
from optrace.tui.playback import Playback, PlayedTrace
from optrace.tui.questions import Question, Withdrawn
from optrace.tui.recording import Judging, Source, Trace
from optrace.tui.stops import Control, Stops
from optrace.tui.tally import Tally

_NOTES = 1.0  # seconds between two looks at the notes of a live recording
_LISTEN = 5.0  # seconds between two looks for payments of a live recording that fell silent
_SLICE = 0.012  # seconds that the lock may be held
_PAUSE = 0.05  # between two looks at a live source, and between two messages
_LOADING = 0.25  # between two messages while there is more to read: drawing takes time from reading
_TOGETHER = 128  # events that are taken in before the rules look: few enough that they are still at hand
_MANY = 500  # events; from then on it is worth to read JSON quickly
_PUT_ASIDE = 5000  # events, at a time
_FIRST, _LEAST, _MOST = 50, 8, 5000  # events in a slice; the first ones fill a screen
_PATIENCE = 0.5  # seconds in which the first rows should be on the screen; nothing else is done meanwhile


def utc_now() -> datetime:
    """What time it is."""
    return datetime.now(UTC)


class Bridge:
    """Owns the source and the worker thread. Everything that reads the trace elsewhere holds `lock`."""

    def __init__(
        self,
        source: Source,
        trace: Trace,
        post: Callable[[Message], object],
        *,
        profile: str,
        now: Callable[[], datetime] = utc_now,
        control: Control | None = None,
        poll: Callable[[int], Sequence[Event]] | None = None,
        on_read: Callable[[], Iterator[bool]] | None = None,
    ) -> None:
        self.source = source
        self._poll = poll or source.poll
        self.stops = Stops(control)
        self.trace = trace
        self.now = now  # what time it is where the recording is looked at, UTC
        self.tally = Tally(profile)
        self.own = Annotations(source)
        self.finding = Finding(source, trace, self.own)
        self.lock = threading.Lock()
        self.loaded = False  # what the source held when it was opened has been read
        self.rewound = 0  # how often the recording went back in time
        self.total: int | None = None  # exchanges that the source held when it was opened, if it knows
        self._post = post
        self._wake = threading.Event()
        self._shown = threading.Event()  # the first rows are on the screen
        self._stopped = False
        self._wanted: int | None = None
        self._sought: int | None = None  # wanted, and not read yet
        self._reading_for: int | None = None  # the exchange up to which is read at present
        self._all_read = False
        self._questions: deque[Question] = deque()
        self._asked: dict[str, Question] = {}  # the last one of each name
        self._last_breath = self._noted_at = self._listened_at = 0.0
        self._told = True  # the screen has looked since it was last told
        self._last_told = 0.0
        self._pause = _PAUSE
        self._news = False
        self._busy = True
        self._limit = _FIRST
        self._more = False  # there was more to read than was taken in
        self._arrived = 0  # events since the last were put aside
        self._concluding: Iterator[bool] | None = None  # of a recording that is complete
        self._on_read = on_read
        self._afterwards: Iterator[bool] = iter(())  # what is left to do of a recording that was read to its end
        self._thread = threading.Thread(target=self._run, name="optrace-bridge", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether everything that was there or asked for has reached the screen."""
        asked = self._wanted is not None or self._questions or self._wake.is_set()
        return self.loaded and self._told and not (self._news or self._busy or asked)

    @property
    def notes(self) -> Mapping[int, str]:
        """What the user noted, by exchange."""
        return self.own.notes

    @property
    def marks(self) -> tuple[int, ...]:
        """The exchanges that the user marked, the last one last."""
        return self.own.marks

    @property
    def session(self) -> SessionTrace | None:
        """The trace, if it is a real one, which can be asked for more than its steps."""
        trace = self.trace.fold if isinstance(self.trace, Recalled | PlayedTrace) else self.trace
        return trace if isinstance(trace, SessionTrace) else None

    @property
    def reading(self) -> float | None:
        """How much of a session whose steps are known has been read, from 0 to 1, while it is for a closer look."""
        if self._reading_for is None or not isinstance(self.trace, Recalled):
            return None
        return len(self.trace.fold) / max(1, min(self._reading_for, len(self.trace)))

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the source."""
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def wake(self) -> None:
        """Look at the recording now: it was told to go on, or elsewhere."""
        self._wake.set()

    def tell(self) -> None:
        """Have the screen look, also if nothing came."""
        self._news = True
        self._wake.set()

    def want(self, n: int) -> None:
        """Ask for the detail of an exchange; it comes as a message. Only the last one asked for is answered."""
        self._wanted = n
        self._wake.set()

    def ask(self, question: Question) -> None:
        """Have some work done by the worker; its `reply` is called on the screen's thread."""
        self.withdraw(question.name)
        self._asked[question.name] = question
        self._questions.append(question)
        self._wake.set()

    def asked(self, name: str) -> bool:
        """Whether a question of this name has no answer yet."""
        return name in self._asked

    def answered(self, question: Question) -> None:
        """The answer has come to who asked."""
        if self._asked.get(question.name) is question:
            del self._asked[question.name]

    def withdraw(self, name: str) -> None:
        """The answer to the last question of this name isn't wanted any more."""
        if (before := self._asked.pop(name, None)) is not None:
            before.withdrawn = True

    def looked(self, took: float, *, seen: bool = True) -> None:
        """The screen has taken in the last message in `took` seconds, and may get the next after a fair pause.

        Where it wasn't there to see it, it is told again.
        """
        self._news |= not seen
        self._pause = max(_PAUSE, min(1.0, took * 5))
        self._told = True
        self._wake.set()

    def first_rows_shown(self) -> None:
        """They are on the screen: all that takes time may begin."""
        self._shown.set()

    def judge_by(self, profile: str) -> None:
        """Count the verdicts of another profile from now on."""
        with self.lock:
            self.tally.restart(profile)
        self._news = True
        self._wake.set()

    def _run(self) -> None:
        try:
            self.total = self.source.total
            self.look_at_notes()
            if isinstance(self.trace, Recalled):
                self.loaded = True
                self.finding.growing = False
                self._show_first()
            while not self._stopped:
                self._busy = True
                self._wake.clear()
                self._go_back()
                self._answer()
                arrived = self._read() or self._read_on()
                behind = self._count()
                self._news |= arrived or behind or self.stops.look(live=self.source.live)
                self._tell()
                if self._questions:
                    self._work(self._questions[0])
                    self._questions.popleft()
                elif not arrived and self._wanted is None and self._conclude():
                    time.sleep(0.0005)
                elif not arrived and not behind and self._wanted is None:
                    self._busy = False
                    if self.loaded and (self.finding.work_ahead(seconds=_SLICE / 4) or self._do_afterwards()):
                        time.sleep(0.0005)
                        continue
                    # a finished recording brings nothing more: sleep until somebody asks
                    idle = None if self.loaded and not self.source.live and not self._news else _PAUSE
                    self._wake.wait(idle)
                elif self._wanted is None:
                    time.sleep(0.0005)  # the lock isn't fair: let the screen have it
        except Exception as error:
            self._post(TraceFailed(f"{type(error).__name__}: {error}"))
        finally:
            self._afterwards = iter(())
            self.stops.leave()
            self.finding.close()
            self.source.close()

    def _work(self, question: Question) -> None:
        """Work on a question. The lock isn't held: nobody else changes the trace."""
        if question.withdrawn:
            return
        try:
            self._read_until(question)
            value = question.work(lambda: self._breathe(question))
        except Withdrawn:
            return
        except Exception as error:
            self._post(Answered(question, None, str(error) or type(error).__name__))
        else:
            self._post(Answered(question, value, ""))

    def _breathe(self, question: Question) -> None:
        """Within long work: go on reading, and stop when nobody waits for it."""
        if self._stopped or question.withdrawn:
            raise Withdrawn
        now = time.monotonic()
        if now - self._last_breath >= _PAUSE:
            self._answer()
            self._news |= self._read() | self._read_on() | self._count() | self.stops.look(live=self.source.live)
            self._tell()
            self._last_breath = time.monotonic()

    def look_at_notes(self) -> None:
        """Read the user's notes and marks again; for the worker."""
        self._news |= self.own.look()

    def _go_back(self) -> None:
        """If the recording went back in time: understand again what had happened by then; nobody sees the way there."""
        source, trace = self.source, self.trace
        if not (isinstance(source, Playback) and isinstance(trace, PlayedTrace) and source.went_back):
            return
        source.rewind()
        fold, seen = trace.anew(), []
        while events := source.poll(_MOST):
            fold.feed(events)
            seen.append(events)
        with self.lock:
            trace.become(fold)
            self.tally.restart(self.tally.profile)
            self.finding.close()
            self.finding = Finding(source, trace, self.own)
            self._concluding = None
            self.rewound += 1
        for events in seen:
            self.finding.saw(events)
        self._news = True

    def _read(self) -> bool:
        if self.loaded and not self.source.live:
            return False
        if not self._read_slice():
            if not self.loaded:
                self.loaded = self._news = True
            self.finding.growing = self.source.live
            if self.source.live and time.monotonic() - self._noted_at > _NOTES:
                self._noted_at = time.monotonic()
                self.look_at_notes()  # somebody else may have noted something
            return False
        return True

    def _read_on(self) -> bool:
        """Read a little of a session whose steps are known, for the message that is wanted; whether there was need."""
        if self._sought is None:
            return False
        self._all_read = not self._read_slice()
        if not self._behind(self._sought):
            n, self._sought, self._reading_for = self._sought, None, None
            if self._wanted is None:
                self._wanted = n
        return True

    def _read_until(self, question: Question) -> None:
        """Read a session whose steps are known as far as a question needs it."""
        try:
            while isinstance(self.trace, Recalled) and not self._all_read and len(self.trace.fold) < question.until:
                self._reading_for = question.until
                self._all_read = not self._read_slice()
                self._breathe(question)
        finally:
            self._reading_for = self._sought

    def _behind(self, n: int) -> bool:
        """Whether more has to be read before a closer look at an exchange."""
        return isinstance(self.trace, Recalled) and not self._all_read and not self.trace.understands(n)

    def _read_slice(self) -> bool:
        began = time.perf_counter()
        events = self._poll(self._limit)
        self._more = len(events) >= self._limit
        if not events:
            return False
        for some in batched(events, _TOGETHER):
            with self.lock:
                self.trace.take(some) if isinstance(self.trace, Judging) else self.trace.feed(some)
            self._show_first()
            self._judge()
        self.finding.saw(events)
        self._put_aside(len(events))
        took = time.perf_counter() - began
        scale = min(4.0, max(0.25, _SLICE / max(took, 1e-6)))
        self._limit = int(min(_MOST, max(_LEAST, len(events) * scale)))
        return True

    def _show_first(self) -> None:
        """Have the first rows shown before rules and models are imported, which would take the screen's time."""
        end = time.monotonic() + _PATIENCE
        while not self._shown.is_set() and not self._stopped:
            self._news = True
            self._tell(pause=0.0)
            self._shown.wait(_PAUSE / 4)
            if time.monotonic() >= end:
                self._shown.set()

    def _judge(self) -> None:
        """Run the rules over what was read. Without the lock: a rule may search for long, and changes findings only."""
        if not isinstance(self.trace, Judging):
            return
        for changed in self.trace.judging():
            self._news |= changed
            if self._stopped:
                return
            if time.monotonic() - self._last_breath >= _PAUSE:
                self._last_breath = time.monotonic()
                self._answer()
                self._news = True  # what is read can be seen, though not all of it is judged
                self._tell()

    def _conclude(self) -> bool:
        """Say what never came, a slice at a time; False when all is said.

        Of a complete recording, that is all; of a live one, what belongs to payments that fell silent.
        """
        session = None if isinstance(self.trace, Recalled) else self.session
        if not self.loaded or session is None:
            return False  # of a session whose steps are known it is known as well
        if self.source.live:
            if time.monotonic() - self._listened_at < _LISTEN:
                return False
            silence = session.silence(self.now())
        else:
            silence = self._concluding = self._concluding or session.concluding()
        end = time.perf_counter() + _SLICE
        for changed in silence:
            self._news |= changed
            if time.perf_counter() >= end:
                return True
        self._listened_at = time.monotonic()
        return False

    def _do_afterwards(self) -> bool:
        """Do a little of what is done with a recording that was read to its end; whether there was something to do."""
        if self._on_read is not None and not self.source.live:
            self._afterwards, self._on_read = self._on_read(), None
        end = time.perf_counter() + _SLICE / 4
        try:
            for changed in self._afterwards:
                self._news |= changed
                if time.perf_counter() >= end:
                    return True
        except Exception:  # what is done for the next time only is no trouble now
            self._afterwards = iter(())
        return False

    def _put_aside(self, arrived: int) -> None:
        """What was read stays: Python's collector needn't look through all of it again and again, for half a second."""
        self._arrived += arrived
        if self._arrived >= _MANY:
            hasten()
        if self._arrived >= _PUT_ASIDE:
            self._arrived = 0
            gc.collect(1)
            gc.freeze()

    def _count(self) -> bool:
        if not self.loaded:  # while more pours in, what was counted would only have to be counted again
            return False
        with self.lock:
            return self.tally.catch_up(self.trace, seconds=_SLICE / 2)

    def _tell(self, pause: float | None = None) -> None:
        now = time.monotonic()
        if pause is None:
            pause = self._pause if self.loaded and not self._more else max(self._pause, _LOADING)
        if self._news and self._told and now - self._last_told >= pause:
            self._news, self._told, self._last_told = False, False, now
            self._post(TraceGrew())

    def _answer(self) -> None:
        """Work out the detail that is wanted."""
        n, self._wanted = self._wanted, None
        if n is None:
            return
        self._sought = self._reading_for = n if self._behind(n) else None
        if self._sought is not None:
            self._post(DetailReady(n, None, f"Reading the recording as far as exchange {n:,}…"))
            return
        from optrace.diagnosis.insight import with_insight  # nobody looks closer before there are rows
        from optrace.rules.evidence.left import with_what_is_left

        try:
            exchange = self.stops.instead(self.source.exchange(n))
            with self.lock:
                detail = self.trace.detail(n, exchange)
                if self.session is not None:
                    detail = with_what_is_left(self.session, with_insight(self.session, detail))
        except Exception as error:  # one unreadable exchange must not end the reading of the others
            self._post(DetailReady(n, None, f"Exchange {n} can't be shown: {error or type(error).__name__}"))
        else:
            self._post(DetailReady(n, detail, ""))
