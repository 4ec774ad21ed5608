"""One self-contained page: the ladder to scroll, filter and click, with everything that is known of each exchange.

The page fetches nothing: its policy (CSP) allows the one script and the one style that are in it, by their hashes. The
session is data in it, never markup: JSON in a script element of another type, put on the screen as text nodes only.
`page/` holds the three parts of the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator
from importlib.resources import files

from optrace.core.findings import PROFILES
from optrace.core.text import safe
from optrace.exporters.material import Exporter, Material
from optrace.exporters.page_data import Pages

_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def write(material: Material) -> Iterator[str]:
    """Head, data exchange by exchange, and the end of the page."""
    page, style, script = (part(name) for name in ("page.html", "style.css.html", "script.js.html"))
    before, after = page.replace("{{style}}", style).replace("{{script}}", script).split("{{data}}")
    policy = (
        f"default-src 'none'; script-src {csp_hash(inside(script))}; style-src {csp_hash(inside(style))}; "
        "base-uri 'none'; form-action 'none'"
    )
    title = html.escape(safe(material.clean(material.source)))
    yield (
        before.replace("{{policy}}", policy).replace("{{title}}", title).replace("{{theme}}", material.theme or "auto")
    )
    pages = Pages(material)
    head = {
        "source": safe(material.clean(material.source)),
        "masked": material.secrets is not None,
        "damage": None if material.damage is None else safe(material.clean(material.damage)),
        "versions": [f"{name} {safe(version)}" for name, version in material.versions.items()],
        "profile": material.profile,
        "profiles": PROFILES,
        "lanes": pages.lanes(),
        "payments": pages.payments(),
    }
    yield _data(head)[:-1] + ',"x":['
    comma = "\n"
    for n in material.each():
        yield comma + _data(pages.exchange(n))
        comma = ",\n"
    yield "],\n" + _data({"j": pages.judgements, "c": pages.checks, "s": pages.strings})[1:]
    yield after


def part(name: str) -> str:
    """One of the files in `page/`."""
    return files("optrace.exporters").joinpath("page", name).read_text(encoding="utf-8").strip()


def inside(element: str) -> str:
    """What is between the tags of a style or script: a browser hashes just that."""
    return element[element.index(">") + 1 : element.rindex("</")]


def csp_hash(text: str) -> str:
    """A script or style as the page's policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(value: object) -> str:
    """JSON in which no tag, comment or line separator can begin."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


EXPORTER = Exporter(
    name="html",
    title="one offline page: the ladder to click, filter and search",
    suffix=".html",
    write=write,
    closer=True,
)
