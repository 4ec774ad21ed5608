"""A PlantUML sequence diagram (https://plantuml.com), in ASCII whatever the traffic was.

The numbers on the arrows are those of the exchanges, as `optrace ls` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.exporters.material import Exporter, Material
from optrace.exporters.sequence import Event, events, participants

# what has a meaning to PlantUML's preprocessor or to Creole stands as a code point; so does all that isn't ASCII
_MEANT = re.compile(r"[^A-Za-z0-9 .,:;?!()'/_-]|(?<=/)/|(?<=-)-|(?<=_)_|^[^A-Za-z0-9]|(?<= ) ")
_COLOURS = {"Sender's ASE": "#EEF3FD", "Recipient's ASE": "#F6F0FD"}
_HEAD = """\
@startuml
hide footbox
skinparam sequenceMessageAlign left
skinparam noteBackgroundColor #FFF8E1
"""


def write(material: Material) -> Iterator[str]:
    """The diagram, line by line."""
    yield _HEAD
    for title, inside in participants(material):
        if title:
            yield f'box "{quoted(title)}" {_COLOURS[title]}\n'
        for who in inside:
            name = quoted(who.name) + (f"\\n{quoted(who.host)}" if who.host else "")
            yield f'participant "{name}" as {_id(who.lane.id)}\n'
        if title:
            yield "end box\n"
    for event in events(material):
        yield from _event(event)
    yield "@enduml\n"


def _event(event: Event) -> Iterator[str]:
    text = "\\n".join(quoted(line) for line in event.lines)
    source, target = _id(event.source), _id(event.target)
    match event.kind:
        case "note":
            yield f"note over {target} : {text}\n"
        case "request":
            yield f"autonumber {event.n}\n{source} -> {target} ++ : {text}\n"
        case "unanswered":
            yield f"autonumber {event.n}\n{source} ->> {target} : {text}\n"
        case kind:
            arrow = "-->" if kind == "answer" else "-->x"
            yield f"autonumber stop\n{source} {arrow} {target} -- : {text}\n"


def _id(lane: str) -> str:
    return lane.replace(".", "_")


def quoted(text: str) -> str:
    """A text in which nothing has a meaning to PlantUML."""
    return _MEANT.sub(lambda match: "".join(f"<U+{ord(char):04X}>" for char in match[0]), text)


EXPORTER = Exporter(name="plantuml", title="a sequence diagram for PlantUML", suffix=".puml", write=write)
