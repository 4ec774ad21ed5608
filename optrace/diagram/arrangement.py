"""How the user wants the lanes: their order, names, which are narrow, and hosts that he placed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optrace.core.errors import Usage
from optrace.core.text import safe
from optrace.core.urls import place
from optrace.diagram.cells import cell_width, cut, plain
from optrace.diagram.lanes import CLIENT, LANES, Lane

_LONGEST_NAME = 8  # cells
_IDS = tuple(lane.id for lane in LANES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """The lanes as the user wants them. The two ASEs stay where they are: only lanes of one side change places."""

    order: tuple[str, ...] = _IDS
    names: Mapping[str, str] = field(default_factory=dict)  # lane -> its name
    narrow: frozenset[str] = frozenset()  # lanes that get two columns
    hosts: Mapping[str, str] = field(default_factory=dict)  # host -> the lane where it was placed by hand

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes from left to right."""
        if self.order == _IDS and not self.names:
            return LANES
        by_id = {lane.id: lane for lane in LANES}
        return tuple(replace(by_id[id], name=self.names.get(id, by_id[id].name)) for id in self.order)

    def lane_of(self, url: str) -> str | None:
        """The lane where the host of a URL was placed by hand."""
        return self.hosts.get(place(url)) if self.hosts else None

    def moved(self, lane: str, by: int) -> Arrangement:
        """A lane further to the left (-1) or right (1), if the next one is of the same side."""
        sides = {one.id: one.side for one in LANES}
        at = self.order.index(lane)
        other = at + by
        if not 0 <= other < len(self.order) or sides[self.order[other]] != sides[lane] or sides[lane] == CLIENT:
            return self
        order = list(self.order)
        order[at], order[other] = order[other], order[at]
        return replace(self, order=tuple(order))

    def shrunk(self, lane: str) -> Arrangement:
        """A lane narrow, or as wide as the others again; the client's always is."""
        return self if lane == "client" else replace(self, narrow=self.narrow ^ {lane})

    def renamed(self, lane: str, name: str) -> Arrangement:
        """A lane under another name; an empty one gives it its own back."""
        names = {id: other for id, other in self.names.items() if id != lane}
        name = cut(plain(name.strip()), _LONGEST_NAME)
        return replace(self, names={**names, lane: name} if cell_width(name) else names)

    def placed(self, host: str, lane: str | None) -> Arrangement:
        """A host on a lane, or where the traffic puts it."""
        hosts = {other: id for other, id in self.hosts.items() if other != host}
        return replace(self, hosts={**hosts, host: lane} if lane else hosts)

    def settings(self) -> dict[str, Any]:
        """The entries of the table `lanes` in optrace.toml; None: as it is without."""
        return {
            "order": list(self.order) if self.order != _IDS else None,
            "narrow": sorted(self.narrow) or None,
            "names": dict(self.names) or None,
            "hosts": dict(self.hosts) or None,
        }


def arrangement_of(settings: Mapping[str, Any]) -> Arrangement:
    """Read the table `lanes` of optrace.toml.

    Raises:
        Usage: an entry that isn't known or names a lane that there isn't.
    """
    for name in settings:
        if name not in ("order", "narrow", "names", "hosts"):
            raise Usage(f"lanes.{safe(name)} is no setting", remedy="There are order, narrow, names and hosts.")
    order, narrow = _lanes(settings, "order", _IDS), _lanes(settings, "narrow", ())
    names, hosts = _table(settings, "names"), _table(settings, "hosts")
    for id in (*names, *hosts.values()):
        _known(id)
    arrangement = Arrangement(narrow=frozenset(narrow) - {"client"}, hosts=hosts)
    for id, name in names.items():
        arrangement = arrangement.renamed(id, name)
    wanted = [*dict.fromkeys(order), *(id for id in _IDS if id not in order)]
    sides = {lane.id: lane.side for lane in LANES}
    by_side = {side: iter([id for id in wanted if sides[id] == side]) for side in sides.values()}
    return replace(arrangement, order=tuple(next(by_side[sides[id]]) for id in _IDS))


def _lanes(settings: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = settings.get(name, default)
    if not isinstance(found, (list, tuple)) or not all(isinstance(id, str) for id in found):
        raise Usage(f"lanes.{name} must be a list of lanes", remedy=f"Lanes are {', '.join(_IDS)}.")
    return tuple(map(_known, found))


def _table(settings: Mapping[str, Any], name: str) -> dict[str, str]:
    found = settings.get(name, {})
    if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
        example = '{ "s.as" = "auth" }' if name == "names" else '{ "rs.example:8080" = "s.rs" }'
        raise Usage(f"lanes.{name} must be a table of texts", remedy=f"Write {name} = {example}.")
    return dict(found)


def _known(id: str) -> str:
    if id not in _IDS:
        raise Usage(f"There is no lane called {safe(id)}", remedy=f"Lanes are {', '.join(_IDS)}.")
    return id
