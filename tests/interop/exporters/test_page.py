"""The HTML page in a real Chromium: by mouse and keyboard, on paper, and with traffic that means harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.corpus import exchanges
from tests.exporters.materials import broken_payment, hostile, of, recorded, text
from tests.interop.exporters.packages import program, run_script

pytestmark = pytest.mark.node


def browse(tmp_path: Path, material: Any, *acts: list[Any], scheme: str = "light") -> dict[str, Any]:
    """Open the page and do things in it; it must keep quiet and fetch nothing."""
    chromium = program("chromium", "chromium-browser", "google-chrome")
    path = tmp_path / "page.html"
    path.write_text(text("html", material), encoding="utf-8")
    asked = {"chromium": chromium, "url": path.as_uri(), "scheme": scheme, "acts": acts}
    found: dict[str, Any] = run_script("page.mjs", asked)
    assert found["said"] == []
    assert found["requests"] == [path.as_uri()]
    return found


def test_click_and_keyboard(tmp_path: Path) -> None:
    seen = browse(
        tmp_path,
        broken_payment(),
        ["look"],
        ["click", "#row4"],
        ["look"],
        ["key", "j"],
        ["look"],
        ["key", "Escape"],
        ["look"],
        ["key", "k", "k", "Enter"],
        ["look"],
        ["key", "G"],
        ["look"],
        ["key", "g", "n"],
        ["look"],
        ["key", "?"],
        ["look"],
    )["seen"]
    start, clicked, below, closed, above, last, problem, helped = seen
    assert (start["rows"], start["open"], start["on"]) == (12, False, None)
    assert (clicked["open"], clicked["on"]) == (True, "row4")
    for said in (
        "grant incoming-payment",
        "POST https://auth.happy-life.example/tenant-r",
        "Content-Digest",
        '"client"',
    ):
        assert said in clicked["detail"]
    assert below["on"] == "row5"
    for said in (
        "error DIG-008 The digest is of another text than was sent",
        "Proof: The body had",
        "21 candidates were tried",
        "Fix: Dump the JSON once",
        "RFC 9421 7.2.8",
        "the sha-512 digest is not that of the body",
        '"@method": POST',
        "GNAP ••••",
        "9000",
    ):
        assert said in below["detail"]
    assert not closed["open"]
    assert (above["on"], above["open"]) == ("row3", True)
    assert last["on"] == "row12"
    assert problem["on"] == "row5"
    assert helped["help"]


def test_filter(tmp_path: Path) -> None:
    seen = browse(
        tmp_path,
        broken_payment(),
        ["key", "/"],
        ["look"],
        ["type", "sig:fail"],
        ["look"],
        ["key", "Escape"],
        ["look"],
        ["key", "Escape"],
        ["look"],
        ["key", "/"],
        ["type", "-op:grant status:2xx EUR"],
        ["look"],
        ["key", "Escape", "Escape", "/"],
        ["type", "nothing-like-it"],
        ["look"],
    )["seen"]
    focused, failing, left, cleared, several, none = seen
    assert focused["focus"] == "filter"
    assert (failing["rows"], failing["first"], failing["shown"]) == (1, "row5", "1 of 12")
    assert left["focus"] == "scroll"
    assert (cleared["rows"], cleared["shown"]) == (12, "")
    assert 0 < several["rows"] < 12
    assert (none["rows"], none["shown"]) == (0, "0 of 12")


def test_dark_light_size_and_profile(tmp_path: Path) -> None:
    acts = [["look"], ["key", "t"], ["look"], ["key", "+", "+"], ["look"], ["key", "p"], ["look"]]
    dark, light, large, profile = browse(tmp_path, broken_payment(), *acts, scheme="dark")["seen"]
    assert (dark["dark"], light["dark"]) == (True, False)
    assert dark["ground"] != light["ground"]
    assert large["rowHeight"] > light["rowHeight"]
    assert (light["profile"], profile["profile"]) == ("open-payments", "rafiki")


def test_hostile_traffic_shows_as_text(tmp_path: Path) -> None:
    acts: list[list[Any]] = []
    for n in range(1, 11):
        acts += [["click", f"#row{n}"], ["look"]]
    seen = browse(tmp_path, hostile(), *acts)["seen"]
    shown = "\n".join(each["detail"] for each in seen)
    for said in (
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\\x1b[31mred\\x1b[0m\\x00\\x07",
        "\\u202egnp.exe\\u202c",
        "(1,048,576 characters in all)",
    ):
        assert said in shown
    assert not {"img", "iframe", "h4"} & {name for each in seen for name in each["elements"]}


def test_ten_thousand_exchanges(tmp_path: Path) -> None:
    found = browse(
        tmp_path,
        of(exchanges(10_000)),
        ["look"],
        ["click", "#row5"],
        ["look"],
        ["key", "G", "Enter"],
        ["look"],
        ["key", "Escape", "/"],
        ["type", "n:5000"],
        ["look"],
        ["key", "Escape", "Escape", "/"],
        ["type", '"incoming-payment 11.23"'],
        ["look"],
    )
    start, clicked, last, one, said = found["seen"]
    assert start["rows"] < 100  # only what is in sight is there
    assert (clicked["on"], clicked["open"]) == ("row5", True)
    assert "POST https://happy-life.example/tenant-r/incoming-payments" in clicked["detail"]
    assert (last["on"], last["open"]) == ("row10000", True)
    assert last["head"] == start["head"]  # the head of the lanes stays
    assert (one["rows"], one["first"]) == (1, "row5000")
    assert said["shown"] == "2 of 10000"


def test_print(tmp_path: Path) -> None:
    pdf, paper = browse(tmp_path, recorded("02b-all-hops"), ["pdf"], ["print"], ["look"], scheme="dark")["seen"]
    assert pdf > 20_000
    assert paper["rows"] == 97  # all of them
    assert not paper["dark"]
