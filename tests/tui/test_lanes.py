"""The screen of the lanes, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optrace.core.errors import Usage
from optrace.diagram.arrangement import Arrangement, arrangement_of
from optrace.diagram.cells import cell_width
from optrace.diagram.lanes import LANES
from optrace.diagram.layout import Diagram
from optrace.diagram.paint import Painter
from optrace.diagram.segments import text_of
from optrace.tui.app import OptraceApp
from optrace.tui.screens.lanes import LanesScreen
from tests.diagram.journey import HOSTS, journey
from tests.tui.fakes import FakeSource, FakeTrace
from tests.tui.test_keys import press, running, seen

IDS = [lane.id for lane in LANES]


def app_with(lanes: Mapping[str, Any], told: list[Mapping[str, Any]]) -> OptraceApp:
    steps = journey()
    trace = FakeTrace(lambda n: steps[n - 1])
    return OptraceApp(FakeSource(steps), trace, title="optrace", hint="", lanes=lanes, on_lanes=told.append)


@pytest.mark.slow
async def test_everything_that_can_be_done_with_a_lane() -> None:
    told: list[Mapping[str, Any]] = []
    app = app_with({}, told)
    async with running(app) as (pilot, home):
        await press(app, pilot, "L")
        assert isinstance(app.screen, LanesScreen)
        await press(app, pilot, "l", "h", "h", "right")
        assert home.ladder.arrangement.order[:3] == ("s.rs", "s.idp", "s.as")
        assert told[-1]["order"][:3] == ["s.rs", "s.idp", "s.as"]
        await press(app, pilot, "enter")
        assert home.ladder.painter.diagram.narrow_lanes == {1}
        await press(app, pilot, "s")
        assert not home.ladder.painter.diagram.narrow_lanes
        await press(app, pilot, "r", *"login", "enter")
        assert "login" in seen(app).splitlines()[2]
        assert told[-1]["names"] == {"s.idp": "login"}
        await press(app, pilot, "G", "enter")
        host = sorted(host for hosts in HOSTS.values() for host in hosts)[-1]
        assert told[-1]["hosts"] == {host: "s.rs"}
        assert "by hand" in seen(app)
        await press(app, pilot, "backspace")
        assert home.ladder.arrangement == Arrangement()
        assert told[-1] == {"order": None, "narrow": None, "names": None, "hosts": None}
        await press(app, pilot, "escape")
        assert app.screen is home


async def test_what_was_remembered_is_there_again() -> None:
    told: list[Mapping[str, Any]] = []
    settings = {"order": ["s.as", "s.rs"], "narrow": ["r.wa"], "names": {"s.as": "auth"}}
    app = app_with(settings, told)
    async with running(app) as (_pilot, home):
        head = seen(app).splitlines()[2]
        assert head.index("auth") < head.index("RS") < head.index("IdP")
        assert home.ladder.painter.diagram.narrow_lanes == {4}
        assert arrangement_of(home.ladder.arrangement.settings() | {"hosts": {}}) == home.ladder.arrangement


def test_a_host_stands_where_it_was_placed() -> None:
    step = next(step for step in journey() if step.source == "client" and step.target == "r.as")
    host = step.url.split("/")[2]
    moved = Diagram(hosts=HOSTS, arrangement=Arrangement().placed(host, "s.idp"))
    assert moved.ends(step) == ("client", "s.idp")
    assert Diagram(hosts=HOSTS).ends(step) == ("client", "r.as")


def test_sides_stay_together_and_the_client_stays_between() -> None:
    arrangement = Arrangement()
    assert (
        arrangement.moved("s.as", 1) == arrangement.moved("client", -1) == arrangement.moved("r.rs", 1) == arrangement
    )
    mixed = arrangement_of({"order": ["r.rs", "s.as", "client", "s.idp"]})
    assert mixed.order == ("s.as", "s.idp", "s.rs", "client", "r.rs", "r.wa", "r.as")
    assert arrangement_of({"narrow": ["client"]}).narrow == frozenset()


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({"ordr": []}, "lanes.ordr"),
        ({"order": "s.as"}, "lanes.order must be a list"),
        ({"narrow": ["x"]}, "no lane called x"),
        ({"names": {"x": "y"}}, "no lane called x"),
        ({"names": {"s.as": 1}}, "lanes.names"),
        ({"hosts": {"h": "x"}}, "no lane called x"),
    ],
)
def test_wrong_settings_are_named(settings: Mapping[str, Any], title: str) -> None:
    with pytest.raises(Usage, match=title):
        arrangement_of(settings)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations(IDS),
    st.sets(st.sampled_from(IDS)),
    st.dictionaries(st.sampled_from(IDS), st.text(max_size=30), max_size=3),
    st.integers(60, 220),
    st.booleans(),
)
def test_however_the_lanes_stand_each_line_is_as_wide_as_asked(
    order: list[str], narrow: set[str], names: dict[str, str], width: int, split: bool
) -> None:
    arrangement = arrangement_of({"order": order, "narrow": list(narrow), "names": names})
    painter = Painter(Diagram(hosts=HOSTS, arrangement=arrangement), width, split=split)
    lines = painter.header()
    for step in journey():
        lines += painter.lines(step, selected=step.n % 2 == 0)
    assert {cell_width(text_of(line)) for line in lines} == {width}
