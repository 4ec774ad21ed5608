"""The message on the full screen: links, bodies, timing, what was left, selecting and copying."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from optrace.cli.understanding import Understanding
from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.diagram.segments import Segment, text_of
from optrace.session.steps import Detail, Step
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, settle
from optrace.tui.tabs import TABS
from optrace.tui.tabs.look import Look
from optrace.tui.tabs.timing import timing
from optrace.tui.widgets.selecting import selected_text
from optrace.tui.widgets.wrap import wrap
from tests.diagram.journey import START
from tests.tui.test_keys import make_app, press, running, seen

SESSIONS = Path(__file__).parents[2] / "samples" / "sessions"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "files"


def app_over(path: Path) -> OptraceApp:
    source = open_source(path)
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")


@pytest.mark.slow
async def test_links_lead_to_where_a_value_was_born_and_back() -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "enter", "5")
        assert home.ladder.selected == 31
        assert "from message 10" in seen(app)
        await press(app, pilot, "l", "l", "h", "l", "enter")
        assert home.ladder.selected == 10
        assert home.has_class("-full")
        assert "10 POST" in seen(app)
        await press(app, pilot, "backspace")
        assert home.ladder.selected == 31
        await press(app, pilot, "backspace")
        assert home.ladder.selected == 31


@pytest.mark.slow
async def test_without_a_link_under_the_cursor_enter_opens() -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "tab", "enter")
        assert home.has_class("-full")


@pytest.mark.slow
async def test_a_click_on_a_link_follows_it() -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "enter", "5")
        place, goal = home.detail.body.visible_links[1]
        await pilot.click("#detail-body", offset=place)
        await settle(app, pilot)
        assert home.ladder.selected == goal == 10


@pytest.mark.slow
async def test_bodies_in_three_forms() -> None:
    app = make_app()
    async with running(app, (120, 60)) as (pilot, home):
        await press(app, pilot, "enter", "2")
        assert '"walletAddress": ' in seen(app)
        await press(app, pilot, "v")
        assert '{"walletAddress":"https://alice.example/alice"' in seen(app)
        assert "SECRET-TOKEN" not in seen(app)
        await press(app, pilot, "v")
        assert "00000000  7b 22" in seen(app)
        assert "its secrets are masked" in seen(app)
        assert "SECRET-TOKEN" not in seen(app)
        await press(app, pilot, "R")
        assert "SECRET" in seen(app)
        await press(app, pilot, "v", "1", "v")
        assert home.detail.tab == 1  # where a body can be seen


def exchange(**other: object) -> Exchange:
    values: dict[str, object] = {
        "n": 1,
        "request": HttpRequest(method="POST", url="https://rs.example/x", fields=Fields.of(("A", "b")), body=b"12345"),
        "response": HttpResponse(status=200, fields=Fields.of(("Content-Encoding", "gzip")), http_version="HTTP/2"),
        "started": START,
        "request_ended": START + timedelta(milliseconds=1),
        "response_started": START + timedelta(milliseconds=9),
        "ended": START + timedelta(milliseconds=10),
        "connection": Connection(client="127.0.0.1:5", tls_version="TLSv1.3", sni="rs.example"),
    }
    return Exchange(**(values | other))  # type: ignore[arg-type]


def timed(exchange: Exchange) -> str:
    step = Step(n=1, operation="x", method="POST", url=exchange.request.url, started=START, label="x")
    detail = Detail(step=step, exchange=exchange, sentence="")
    return "\n".join(text_of(line) for line in timing(detail, Look(width=80)))


def test_each_part_of_the_time_lies_where_it_was() -> None:
    text = timed(exchange())
    bars = [line for line in text.splitlines() if "█" in line]
    assert [line.count("█") for line in bars] == [5, 44, 5]
    assert [line.split()[-2] for line in bars] == ["1.0", "8.0", "1.0"]
    assert bars[1].index("█") == bars[0].rindex("█") + 1
    assert "TLSv1.3" in text
    assert "body 5 bytes   1 fields, 6 bytes" in text
    assert "answered in HTTP/2" in text
    assert "sent as gzip" in text


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"ended": None, "response": None}, "not yet"),
        ({"response": None, "error": "reset"}, "reset"),
        ({"ended": START}, "0.0 ms"),
        ({"request_ended": None, "response_started": None}, "receiving"),
        ({"response_started": START - timedelta(seconds=1)}, "10.0 ms"),
        ({"request": HttpRequest(method="GET", url="http://x/"), "connection": Connection()}, "anybody on the way"),
        ({"connection": Connection()}, "not recorded"),
        ({"connection": Connection(upstream_url="https://x/?interact_ref=SECRET")}, "another URL"),
    ],
)
def test_times_that_are_missing_or_lie(other: dict[str, object], words: str) -> None:
    text = timed(exchange(**other))
    assert words in text
    assert "SECRET" not in text


@pytest.mark.slow
async def test_what_is_left_of_the_limits() -> None:
    app = app_over(RECORDINGS / "11-limits-exceeded.mitm")
    async with running(app, (160, 60)) as (pilot, home):
        home.go_to(27)
        await press(app, pilot, "enter", "5")
        text = seen(app)
        assert "5.00 USD at most, 3.08 USD of it spent before; 3.08 USD wanted here; 1.92 USD left" in text
        assert "to live" in text


def test_a_selection_is_whole_again() -> None:
    lines = [
        [Segment(" some words that have to be broken and a ", "text"), Segment("long_" * 9, "key")],
        [Segment(" second", "text")],
    ]
    rows, source = [], []
    for number, line in enumerate(lines):
        wrapped = wrap([line], 20)
        rows += wrapped
        source += [number] * len(wrapped)
    assert len(rows) > 4
    everything = selected_text(lines, rows, source, Selection(None, None))
    assert everything == f" some words that have to be broken and a {'long_' * 9}\n second"
    first = selected_text(lines, rows, source, Selection(Offset(1, 0), Offset(5, 0)))
    assert first == "some"
    assert selected_text(lines, rows, source, Selection(Offset(0, 90), Offset(5, 99))) == ""


@pytest.mark.slow
async def test_the_mouse_selects_and_y_copies() -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "enter")
        await pilot.mouse_down("#detail-body", offset=(3, 0))
        await pilot.hover("#detail-body", offset=(10, 0))
        await pilot.mouse_up("#detail-body", offset=(10, 0))
        await settle(app, pilot)
        assert home.get_selected_text()
        await press(app, pilot, "y")
        assert app.clipboard in " ✗ A slash was added to the path"
        assert len(app.clipboard) >= 7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("digit", "begins"),
    [
        ("1", " ✗ A slash was added"),
        ("2", "POST http://127.0.0.1:"),
        ("3", "HTTP/1.1 401"),
        ("4", "### 31 "),
        ("5", "#!/bin/sh"),
        ("6", '"@method": POST\n'),
        ("7", "SIG-003 A slash was added"),
        ("8", '{"walletAddress"'),
        ("9", '{"optrace":'),
    ],
)
async def test_everything_can_be_copied_and_holds_no_secret(digit: str, begins: str) -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app) as (pilot, home):
        await press(app, pilot, "n", "y", digit)
        assert app.screen is home
        assert app.clipboard.startswith(begins)
        assert "copied: " in next(iter(app._notifications)).message
        authorization = app.bridge.source.exchange(31).request.fields.get("authorization") or ""
        token = authorization.removeprefix("GNAP ")
        assert len(token) > 8
        assert token not in app.clipboard
        assert digit not in "2456" or "what was really signed" in app.clipboard or digit != "6"
        if digit in "245":
            await press(app, pilot, "R", "y", digit)
            assert token in app.clipboard


async def test_what_is_not_there_says_so() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "y", "6")
        assert app.screen is not home
        assert "carries no signature" in next(iter(app._notifications)).message
        await press(app, pilot, "escape")
        assert app.screen is home


async def test_the_clipboard_is_written_by_osc_52(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    async with running(app):
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy_to_clipboard("half \ud83d")
        payload = base64.b64encode(b"half \\ud83d").decode()
        assert written == [f"\x1b]52;c;{payload}\a"]


def test_each_tab_has_a_key() -> None:
    assert len(TABS) == 7


@pytest.mark.slow
async def test_a_wide_full_screen_has_two_columns() -> None:
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app, (170, 40)) as (pilot, home):
        await press(app, pilot, "n", "2")
        assert "401 Unauthorized" not in seen(app)  # beside the ladder there is one
        await press(app, pilot, "enter")
        rows = seen(app).splitlines()
        assert any("Content-Type: application/json" in row and "401 Unauthorized" not in row for row in rows)
        assert any("401 Unauthorized" in row for row in rows)
        await press(app, pilot, "3")
        assert seen(app).splitlines()[2:] == rows[2:]
        await press(app, pilot, "1")
        text = seen(app)
        assert "A slash was added" in text
        assert "HTTP/1.1 401 Unauthorized" in text
        await press(app, pilot, "4")
        assert not home.detail.beside.display
        await press(app, pilot, "1", "tab")
        assert home.detail.beside.has_focus
        await press(app, pilot, "escape")
        assert not home.detail.beside.display
    app = app_over(SESSIONS / "refused.optrace")
    async with running(app, (159, 40)) as (pilot, _):
        await press(app, pilot, "n", "2", "enter")
        assert "401 Unauthorized" not in seen(app)
