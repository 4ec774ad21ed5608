"""The head of the ladder: whose lanes, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from optrace.diagram.cells import cell_width, centred, cut, pad, plain
from optrace.diagram.geometry import Geometry
from optrace.diagram.lanes import CLIENT, RECIPIENT, SENDER, Lane, LaneHosts
from optrace.diagram.layout import Diagram
from optrace.diagram.segments import Segment, Segments

_GROUPS = ((SENDER, "sender"), (RECIPIENT, "recipient"))


def header(diagram: Diagram, geometry: Geometry, *, ascii_only: bool) -> list[Segments]:
    """Two lines: the two ASEs with what their hosts are called, and the name of each lane."""
    return [_groups(diagram, geometry, ascii_only), _names(diagram, geometry, ascii_only)]


def _groups(diagram: Diagram, geometry: Geometry, ascii_only: bool) -> Segments:
    segments: Segments = []
    at = 0
    for side, word in _GROUPS:
        columns = [x for lane, x in zip(diagram.lanes, geometry.lanes, strict=True) if lane.side == side]
        left, right = columns[0] - 2, columns[-1] + 2
        title = _title(diagram.hosts, side, word, right - left - 3, ascii_only)
        corners, rule = ("++", "-") if ascii_only else ("┌┐", "─")
        segments.append(Segment(" " * (left - at), "space"))
        box = centred(f" {title} ", right - left - 1, rule)
        segments.append(Segment(corners[0] + box + corners[1], f"head.{side}"))
        at = right + 1
    segments.append(Segment(" " * (geometry.width - at), "space"))
    return segments


def _title(hosts: LaneHosts, side: str, word: str, room: int, ascii_only: bool) -> str:
    dot = "-" if ascii_only else "·"
    if _same_ase(hosts):
        titles = [f"{word} {dot} same ASE"]
    else:
        own = [host for lane in ("wa", "as", "rs") for host in hosts.get(f"{side[0]}.{lane}", ())]
        name = plain(_common_name(own), ascii_only=ascii_only)
        titles = [f"{word} ASE {dot} {name}", f"{word} {dot} {name}"] if name else []
        titles.append(f"{word} ASE")
    fitting = (title for title in titles if cell_width(title) <= room)
    return next(fitting, cut(word, room, ascii_only=ascii_only))


def _names(diagram: Diagram, geometry: Geometry, ascii_only: bool) -> Segments:
    legend = f" {'#':>{geometry.digits}}"
    if geometry.times:
        legend = pad(legend, geometry.gutter - geometry.tag - 6) + f"{'dt' if ascii_only else 'Δ':>2}"
    segments: Segments = []
    at = 0
    for index, (lane, x) in enumerate(zip(diagram.lanes, geometry.lanes, strict=True)):
        narrow = index in diagram.narrow_lanes
        name = plain(lane.name, ascii_only=ascii_only)
        name = (name[:1] if cell_width(name[:1]) == 1 else ".") if narrow else name
        left = x - cell_width(name) // 2
        if lane.id in diagram.arrangement.names and not narrow:  # the user's own may be too long
            left = max(left, at + 1)
            name = cut(name, max(1, _room(diagram, geometry, index) - left), ascii_only=ascii_only)
        before = Segment(pad(legend, left), "legend") if index == 0 else Segment(" " * (left - at), "space")
        segments += [before, Segment(name, "legend" if narrow else _style(lane))]
        at = left + cell_width(name)
    segments.append(Segment(" " * (geometry.width - at), "space"))
    return segments


def _room(diagram: Diagram, geometry: Geometry, index: int) -> int:
    """The column before which the name of a lane has to end."""
    if index + 1 == len(diagram.lanes):
        return geometry.lanes[index] + 3
    after = min(cell_width(diagram.lanes[index + 1].name), len("CLIENT"))
    return geometry.lanes[index + 1] - after // 2 - 1


def _style(lane: Lane) -> str:
    return "head.client" if lane.side == CLIENT else f"head.{lane.side}" if lane.side else "head"


def _same_ase(hosts: LaneHosts) -> bool:
    """Whether one authorization server plays the sender's and the recipient's part."""
    return bool(set(hosts.get("s.as", ())) & set(hosts.get("r.as", ())))


def _common_name(hosts: Sequence[str]) -> str:
    """What host names share: the domain (`alice.example`), or the words that they begin with; empty for nothing."""
    names = sorted({host.rsplit(":", 1)[0] if host.count(":") == 1 else host for host in hosts})
    if len(names) < 2:
        return "".join(names)
    domain = _shared([name.split(".")[::-1] for name in names])
    if len(domain) > 1:
        return ".".join(reversed(domain))
    return "-".join(_shared([name.split(".")[0].split("-") for name in names]))


def _shared(lists: Sequence[Sequence[str]]) -> list[str]:
    """The items with which all lists begin."""
    together = takewhile(lambda items: len(set(items)) == 1, zip(*lists, strict=False))
    return [items[0] for items in together]
