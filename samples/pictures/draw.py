#!/usr/bin/env python3
"""Draws the pictures of the README anew, from the sample sessions and the real screen, so that they never lie.

make pictures
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from optrace.cli.screen import ProcessReplays
from optrace.cli.understanding import Understanding
from optrace.session.breakpoints import Breakpoint, Part, Waiting
from optrace.session.events import Event, ExchangeSeen
from optrace.session.score import Score
from optrace.store.desk import Desk
from optrace.store.remote import Remote
from optrace.store.sources import Source, open_source
from optrace.store.writer import SessionWriter
from optrace.tui.app import OptraceApp, screenshot
from optrace.tui.playback import NotedPlayback, PlayedTrace

HERE = Path(__file__).parent
SESSIONS = HERE.parent / "sessions"

# picture: session or stage, columns and rows, keys that are pressed first, theme
PICTURES = {
    "why.svg": ("refused", (120, 36), "n", "dark"),
    "signature.svg": ("refused", (120, 40), "n 4", "dark"),
    "payment.svg": ("paid", (120, 36), "g", "dark"),
    "wide.svg": ("refused", (190, 44), "n", "dark"),
    "message.svg": ("refused", (120, 24), "n enter 5 l", "dark"),
    "timing.svg": ("refused", (120, 24), "n enter 7", "dark"),
    "copy.svg": ("refused", (120, 36), "n y", "dark"),
    "jump.svg": ("paid", (120, 30), "ctrl+o", "dark"),
    "lanes.svg": ("paid", (120, 34), "L", "dark"),
    "payments.svg": ("shop", (120, 18), "p", "dark"),
    "all.svg": ("shop", (120, 36), "0 n", "dark"),
    "filter.svg": ("shop", (120, 36), "0 / o p : o", "dark"),
    "search.svg": ("refused", (120, 30), "n w", "dark"),
    "lifeline.svg": ("paid", (120, 30), "j j o j j j enter", "dark"),
    "scorecard.svg": ("paid", (120, 36), "c", "dark"),
    "compare.svg": ("shop", (160, 36), "0 n d", "dark"),
    "diff.svg": ("shop", (120, 36), "p space j d", "dark"),
    "replay.svg": ("paid", (120, 36), "r", "dark"),
    "edit.svg": ("refused", (120, 36), "n e", "dark"),
    "waiting.svg": ("stopped", (120, 36), "", "dark"),
    "breakpoints.svg": ("stopped", (120, 36), "b", "dark"),
    "playback.svg": ("played", (120, 36), "T number_sign 2 3 enter full_stop", "dark"),
    "export.svg": ("refused", (120, 30), "x", "dark"),
    "palette.svg": ("paid", (120, 30), "ctrl+p", "dark"),
    "help.svg": ("paid", (120, 40), "?", "dark"),
    "light.svg": ("refused", (120, 36), "n", "light"),
}

_FONT = re.compile(r"@font-face \{.*?\}\n?", re.S)  # the viewer's own monospace font will do


@contextmanager
def opened(name: str) -> Iterator[dict[str, Any]]:
    """A sample, as `optrace open` shows it."""
    with closing(open_source(SESSIONS / f"{name}.optrace")) as source:
        yield {"source": source, "trace": Understanding(source.exchange)}


@contextmanager
def played() -> Iterator[dict[str, Any]]:
    """A sample, as `optrace open --play` shows it; its time stands still unless a key moves it."""
    with closing(open_source(SESSIONS / "refused.optrace")) as source:
        playback = NotedPlayback(source, Score.of(events_of(source)), monotonic=lambda: 0.0)
        yield {"source": playback, "trace": PlayedTrace(lambda: Understanding(playback.exchange))}


@contextmanager
def stopped() -> Iterator[dict[str, Any]]:
    """A session that is being recorded, in which the request that pays waits at a breakpoint."""
    with closing(open_source(SESSIONS / "paid.optrace")) as source, TemporaryDirectory() as folder:
        seen = {event.exchange.n: event.exchange for event in events_of(source) if isinstance(event, ExchangeSeen)}
        exchanges = [seen[n] for n in sorted(seen)]
        paying = next(one for one in exchanges if one.request.url.endswith("/outgoing-payments"))
        now = paying.started + timedelta(seconds=4)
        path = Path(folder) / "session.optrace"
        with SessionWriter.create(path, info={}, clock=lambda: now) as writer:
            for one in exchanges[: paying.n]:
                n = writer.request(replace(one, response=None, ended=None))
                if one is not paying:
                    writer.response(n, one)
            remote, desk = Remote(path, lambda: now), Desk(path, writer.changed, lambda: now, again=0)
            remote.set(pays := Breakpoint(operation="outgoing_payment_create", part=Part.REQUEST))
            remote.set(Breakpoint(operation="quote_create", part=Part.RESPONSE))
            assert desk.breakpoints()
            waits = replace(paying, response=None, ended=None)
            until = paying.started + pays.patience
            desk.hold(
                Waiting(exchange=waits, part=pays.part, operation=pays.operation, since=paying.started, until=until)
            )
            with closing(open_source(path)) as live:
                control = {"control": remote, "now": lambda: now}
                yield {"source": live, "trace": Understanding(live.exchange), **control}
            desk.close()


def events_of(source: Source) -> list[Event]:
    """All that was recorded."""
    return [event for events in iter(source.poll, []) for event in events]


STAGES: Mapping[str, Callable[[], AbstractContextManager[dict[str, Any]]]] = {"played": played, "stopped": stopped}


def picture(session: str, size: tuple[int, int], keys: str, theme: str) -> str:
    """One picture, as Textual saves it."""
    with STAGES.get(session, partial(opened, session))() as shown:
        app = OptraceApp(
            **shown,
            title="optrace",
            status=lambda: "",
            hint="",
            profile="open-payments",
            theme=theme,
            replays=ProcessReplays(),
        )
        svg = asyncio.run(screenshot(app, size, keys.split()))
    return _FONT.sub("", svg)


def main() -> None:
    """All pictures."""
    for name, (session, size, keys, theme) in PICTURES.items():
        (HERE / name).write_text(picture(session, size, keys, theme))


if __name__ == "__main__":
    main()
