"""What is left: preflights, webhooks, pages, whatever isn't Open Payments."""

from __future__ import annotations

from optrace.exchanges.view import View
from optrace.session.lessons.interaction import at_interaction
from optrace.session.memory import Memory
from optrace.session.places import CLIENT, Party
from optrace.session.rows import Row


def elsewhere(memory: Memory, row: Row, view: View) -> None:
    """Place what no other lesson is about, by its host and by who opened its connection."""
    places = memory.places
    row.target = places.host(view.url)
    speaker = places.speakers.get(row.client_id or "")
    if speaker is not None:
        row.source = speaker
    elif row.operation in ("infra_admin", "infra_health"):
        row.source = Party("rs")
    else:
        row.source = CLIENT
    if row.operation == "cors_preflight" and (origin := view.request.fields.get("origin")):
        page = places.host(origin)
        row.source = page if page.role != "unknown" else CLIENT
        if grant := at_interaction(memory, row, view):
            row.target = Party("as", grant.ase, "s")
    if row.target.role == "unknown":
        row.target = _neighbour(memory, view)


def _neighbour(memory: Memory, view: View) -> Party:
    """A second port of a host that is known stands on the lane of the first."""
    name = view.parts.host
    for authority, party in memory.places.known_hosts():
        if authority.partition(":")[0] == name and party.role in ("rs", "wa", "as"):
            return Party("rs" if party.role == "wa" else party.role, party.ase, party.side)
    return Party("unknown")
