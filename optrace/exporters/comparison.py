"""Two recordings held against each other, as one page that fetches nothing and runs nothing.

Its policy (CSP) allows the one style that is in it, by its hash; everything from the wire is escaped text.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from optrace.core.text import safe
from optrace.exporters.html import csp_hash, inside, part
from optrace.replay.align import Cause, Comparison, Pair, Told

Clean = Callable[[str], str]

_TITLES = {Cause.UNEXPECTED: "unexpected", Cause.CONSEQUENCE: "consequence", Cause.EXPECTED: "expected"}


def page(comparison: Comparison, sides: Sequence[tuple[str, str]], clean: Clean) -> str:
    """The page; `sides` are (name of the file, what was chosen of it), `clean` masks secrets."""
    style = part("comparison.css.html")
    policy = f"default-src 'none'; style-src {csp_hash(inside(style))}; base-uri 'none'; form-action 'none'"
    body = "\n".join(_body(comparison, sides, clean))
    title = " ↔ ".join(_text(name) for name, _ in sides)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title} · optrace</title>\n{style}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(comparison: Comparison, sides: Sequence[tuple[str, str]], clean: Clean) -> Iterator[str]:
    yield "<header>"
    for letter, (name, words) in zip("AB", sides, strict=True):
        yield f"<p><b>{letter}</b> {_text(name)} <span>{_text(words)}</span></p>"
    first = comparison.first
    if first is None:
        yield f'<p class="verdict good">{len(comparison.pairs)} steps correspond; nothing unexpected differs.</p>'
    else:
        yield (
            f'<p class="verdict">Alike for {first} steps. <a href="#first">The runs part at'
            f" {_text(clean(comparison.pairs[first].step.label))}.</a></p>"
        )
    counts = " · ".join(
        f'<span class="{cause}">{comparison.count(cause)} {_TITLES[cause]}</span>' for cause in reversed(Cause)
    )
    yield f"<p>{counts}</p>\n</header>\n<main>"
    for index, pair in enumerate(comparison.pairs):
        yield from _pair(pair, clean, parts=index == first)
    yield "</main>"


def _pair(pair: Pair, clean: Clean, *, parts: bool) -> Iterator[str]:
    step, cause = pair.step, pair.cause
    numbers = " ↔ ".join("—" if side is None else str(side.n) for side in (pair.one, pair.other))
    statuses = " ↔ ".join("—" if side is None else str(side.status or "…") for side in (pair.one, pair.other))
    head = (
        f'<span class="n">{numbers}</span> <span class="lanes">{_text(step.source)} → {_text(step.target)}</span> '
        f'<span class="label">{_text(clean(step.label))}</span> <span class="status">{statuses}</span>'
    )
    anchor = ' id="first"' if parts else ""
    if not pair.told:
        yield f'<div class="step alike"{anchor}>{head}</div>'
        return
    opened = " open" if cause is Cause.UNEXPECTED else ""
    yield f'<details class="step {cause}"{anchor}{opened}><summary>{head}</summary>'
    for title in pair.findings:
        yield f'<p class="found">{_text(title)}</p>'
    yield "<table><tr><th></th><th>where</th><th>A</th><th>B</th><th>why</th></tr>"
    yield from (_row(told, clean) for told in pair.told)
    yield "</table></details>"


def _row(told: Told, clean: Clean) -> str:
    one, other = (_value(text, clean) for text in (told.difference.one, told.difference.other))
    where = f"{told.part} {told.difference.where}" if told.part != "step" else told.difference.where
    return (
        f'<tr class="{told.cause}"><td>{_TITLES[told.cause]}</td><td>{_text(where)}</td>'
        f"<td>{one}</td><td>{other}</td><td>{_text(told.why)}</td></tr>"
    )


def _value(text: str | None, clean: Clean) -> str:
    return "<i>not there</i>" if text is None else f"<code>{_text(clean(text))}</code>"


def _text(text: str) -> str:
    return html.escape(safe(text))
