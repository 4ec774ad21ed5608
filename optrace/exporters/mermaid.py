"""A Mermaid sequence diagram (https://mermaid.js.org), as GitHub and GitLab draw it in Markdown.

The numbers on the arrows are those of the exchanges, as `optrace ls` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.exporters.material import Exporter, Material
from optrace.exporters.sequence import Event, events, participants

# everything that has a meaning anywhere in Mermaid's grammar, in Markdown or in HTML stands as a character reference
_MEANT = re.compile(r"[^\w .,/()'!?=→✓✗≠•…·:-]|_{2,}|(?<=wrap):|:(?! )")
_COLOURS = {"Sender's ASE": "rgba(122,162,247,0.12)", "Recipient's ASE": "rgba(187,154,247,0.12)"}
_ARROWS = {"request": "->>+", "unanswered": "-)", "answer": "-->>-", "broken": "--x-"}


def write(material: Material) -> Iterator[str]:
    """The diagram, line by line."""
    yield "sequenceDiagram\n"
    for title, inside in participants(material):
        indent = "  "
        if title:
            yield f"  box {_COLOURS[title]} {quoted(title)}\n"
            indent = "    "
        for who in inside:
            name = quoted(who.name) + (f"<br/>{quoted(who.host)}" if who.host else "")
            yield f"{indent}participant {_id(who.lane.id)} as {name}\n"
        if title:
            yield "  end\n"
    for event in events(material):
        yield from _event(event)


def _event(event: Event) -> Iterator[str]:
    text = "<br/>".join(quoted(line) for line in event.lines)
    if event.kind == "note":
        yield f"  Note over {_id(event.target)}: {text}\n"
        return
    if event.kind in ("request", "unanswered"):
        yield f"  autonumber {event.n}\n"
    else:
        yield "  autonumber off\n"
    yield f"  {_id(event.source)}{_ARROWS[event.kind]}{_id(event.target)}: {text}\n"


def _id(lane: str) -> str:
    return lane.replace(".", "_")


def quoted(text: str) -> str:
    """A text in which nothing has a meaning to Mermaid."""
    return _MEANT.sub(lambda match: "".join(f"#{ord(char)};" for char in match[0]), text)


EXPORTER = Exporter(
    name="mermaid",
    title="a sequence diagram for Markdown",
    suffix=".mmd",
    write=write,
    limit=50_000,
)
