"""Whatever the traffic says, an export is well-formed, and says it as text."""

from __future__ import annotations

import ast
import json
import re
import xml.etree.ElementTree as ET
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.errors import Usage
from optrace.core.messages import Exchange
from optrace.exporters import EXPORTERS
from tests.examples import examples
from tests.exporters.materials import HOSTILE, hostile, of, text
from tests.store.strategies import exchanges

# what moves the cursor, changes colours or reorders what is read; a line feed and a tab are fine
ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
FORMATS = EXPORTERS.names()


@pytest.mark.parametrize("reveal", [False, True], ids=["masked", "revealed"])
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pytest"])
def test_nothing_active_comes_out(name: str, reveal: bool) -> None:
    exported = text(name, _revealed() if reveal else hostile())
    assert exported
    assert ACTIVE.findall(exported) == []


def _revealed():
    material = hostile()
    return type(material)(**{name: getattr(material, name) for name in material.__slots__} | {"secrets": None})


@pytest.mark.slow
@examples(40)
@given(st.lists(exchanges, max_size=3))
def test_no_traffic_breaks_an_exporter(found: list[Exchange]) -> None:
    numbered = [type(each)(**{name: getattr(each, name) for name in each.__slots__} | {"n": n})
                for n, each in enumerate(found, 1)]  # fmt: skip
    for reveal in (False, True):
        material = of(numbered, reveal=reveal)
        for name in FORMATS:
            with suppress(Usage):
                text(name, material).encode()


def test_svg_is_xml_without_anything_that_runs() -> None:
    root = ET.fromstring(text("svg", hostile()))
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "style", "rect", "path", "text", "g"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    said = "".join(element.text or "" for element in root.iter())
    assert "alert(1)" in said  # it is there, as text


def test_html_has_no_markup_from_the_wire() -> None:
    page = text("html", hostile())
    assert page.count("<script") == page.count("</script") == 2
    assert "<img" not in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data is not None
    strings = json.loads(data[1])["s"]
    assert any("<img src=x onerror=alert(1)>" in said for said in strings)
    assert max(map(len, strings)) < 20_000  # the header of a megabyte is cut
    assert len(page) < 400_000


def test_markdown_mentions_nobody_and_ends_no_block() -> None:
    report = text("markdown", hostile())
    outside = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", report, flags=re.S | re.M)
    outside = re.sub(r"(`+) ?[^`].*? ?\1", "", outside)
    assert not re.search(r"(?<!<!-- -->)(?<!\\)@\w", outside)
    assert not re.search(r"(?<!\\)<(?!sub>|/sub>|details>|/details>|summary>|/summary>|!-- -->)", outside)


def test_python_stays_data() -> None:
    tree = ast.parse(text("httpx", hostile()))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {ast.unparse(func) for func in called if not isinstance(func, ast.Attribute) or func.attr != "encode"}
    assert names == {"client.request", "httpx.Client", "print", "secret"}


def test_har_and_json_hold_it_as_text() -> None:
    entries = json.loads(text("har", hostile()))["log"]["entries"]
    assert len(entries) == len(HOSTILE)
    assert entries[0]["request"]["url"].startswith("https://evil.example/</script>")
    assert [each["n"] for each in json.loads(text("json", hostile()))["exchanges"]] == list(range(1, len(HOSTILE) + 1))
