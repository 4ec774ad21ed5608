"""What is left: preflights, webhooks, pages, whatever isn't Open Payments."""

from __future__ import annotations

from optrace.exchanges.view import View, text
from optrace.session.lessons.interaction import at_interaction
from optrace.session.memory import Memory
from optrace.session.places import CLIENT, Party
from optrace.session.rows import Row

# what a webhook of the reference implementation is about -> whose RS sends it
_EVENT_SIDES = {"incoming_payment": "r", "outgoing_payment": "s"}


def elsewhere(memory: Memory, row: Row, view: View) -> None:
    """Place what no other lesson is about, by its host and by who opened its connection."""
    places = memory.places
    row.target = places.host(view.url)
    speaker = memory.speakers.of(row.client_id)
    if row.operation in ("infra_admin", "infra_health"):
        side = _EVENT_SIDES.get((text(view.sent.get("type")) or "").partition(".")[0])
        row.source = Party("rs", speaker.ase if speaker else None, side)
    elif speaker is not None:
        row.source = speaker
    elif (view.request.fields.get("content-type") or "") == "application/octet-stream" and view.method == "POST":
        row.source = Party("rs", side="s")  # an ILP packet: money on its way
    elif view.method == "GET" and "base" in view.got and "rates" in view.got:
        row.source = Party("rs", side="s")  # it is the sender's bank that converts
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
