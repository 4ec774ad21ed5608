"""What the hops of an interaction teach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from optrace.core.urls import join, parse
from optrace.exchanges.interaction import finish_query
from optrace.exchanges.view import View, text
from optrace.session.grants import Grant, GrantState, Happening
from optrace.session.lessons.common import (
    belongs,
    made_up,
)
from optrace.session.memory import Memory
from optrace.session.places import CLIENT, Party
from optrace.session.rows import Row

# what stands before the interaction's id in the reference implementation's paths
_AT_AS = {
    "interact_start": "interact",
    "interact_finish_request": "interact",
    "consent_get": "grant",
    "consent_accept": "grant",
    "consent_reject": "grant",
}


def _interaction(row: Row, view: View) -> str | None:
    """The id of an interaction that nobody was seen to ask for."""
    before = _AT_AS.get(row.operation)
    _, found, rest = view.parts.path.partition(f"/{before}/")
    return rest.partition("/")[0] or None if before and found else None


def at_interaction(memory: Memory, row: Row, view: View) -> Grant | None:
    names = (*view.parts.segments, *(value for _, value in view.parts.parameters()))
    grant = next((memory.interactions[name] for name in names if name in memory.interactions), None)
    grant = grant or memory.opened.get(view.url) or memory.owner_of(view)
    if grant is None and view.status is not None and view.status < 400 and (interact := _interaction(row, view)):
        ase = memory.places.auth_server(view.url)
        grant = made_up(memory, row, ase)
        memory.lead("interactions", interact, grant)
        if not ase.receives:
            memory.places.mark(ase, "s")  # it is the payer who is asked for consent
    if grant is not None:
        row.grant = grant
        row.side = grant.side or "s"
        belongs(row, grant)
    return grant


def interact_start(memory: Memory, row: Row, view: View) -> None:
    grant = at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.target = Party("as", ase, row.side or "s")
    row.source = CLIENT
    if view.location:
        target = join(view.url, view.location)
        names = dict(parse(target).parameters())
        if "result" not in names and not (grant and grant.finish_uri and target.startswith(grant.finish_uri)):
            memory.remember(target, "idp", row.n)
            if grant is not None:
                memory.lead("opened", target, grant)
            memory.places.settle(target, Party("idp", ase, row.side or "s"))


def idp(memory: Memory, row: Row, view: View) -> None:
    grant = at_interaction(memory, row, view)
    if grant is None and (interact := view.parts.parameter("interactId")):
        memory.lead("interactions", interact, made_up(memory, row, memory.places.unplaced()))
        memory.places.mark(memory.interactions[interact].ase, "s")
        grant = at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.source, row.target = CLIENT, Party("idp", ase, "s")
    memory.places.settle(view.url, Party("idp", ase, "s"))


def consent(memory: Memory, row: Row, view: View) -> None:
    grant = at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.source, row.target = Party("idp", ase, "s"), Party("as", ase, row.side or "s")
    memory.places.settle(view.url, Party("as", ase))
    memory.give_birth(text(view.got.get("grantId")), row.n)


def finish_request(memory: Memory, row: Row, view: View) -> None:
    consent(memory, row, view)
    if row.grant is None or not view.location:
        return
    target = join(view.url, view.location)
    row.grant.finish_locations = {**row.grant.finish_locations, target: row.n}
    memory.lead("locations", target, row.grant, (row.grant, row.n))
    _finish_arrived(memory, row, row.grant, finish_query(view))


def _finish_arrived(memory: Memory, row: Row, grant: Grant, query: Mapping[str, str]) -> None:
    if reference := query.get("interact_ref"):
        grant.interact_refs = {reference: row.n, **grant.interact_refs}
        if reference not in memory.references:
            memory.lead("references", reference, grant)
        memory.give_birth(reference, row.n)
        grant.happened(Happening.CONSENT_GIVEN)
    elif query.get("result") == "grant_rejected":
        grant.happened(Happening.CONSENT_REFUSED)


def _ended(waiting: Iterable[Grant], *, agreed: bool) -> Grant | None:
    """The grant that somebody agreed to, or refused, of those that wait, the latest first."""
    latest: Grant | None = None
    last: Grant | None = None
    for grant in waiting:
        latest = latest or grant
        if grant.state is GrantState.PENDING:
            if agreed:
                return grant
            if last is not None:
                return None
            last = grant
    return latest if agreed else last


def finish(memory: Memory, row: Row, view: View) -> None:
    query = finish_query(view)
    grant: Grant | None = None
    if found := memory.locations.get(view.url):
        grant, row.partner = found
    numbers = memory.finishes.get(view.key, [])
    waiting = (asked.grant for asked in memory.rows.at(reversed(numbers)) if asked.grant is not None)
    if grant is None and len(numbers) == 1:
        grant = next(waiting, None)
    if grant is None and (reference := query.get("interact_ref")):
        grant = memory.references.get(reference)
    if grant is None and numbers:
        grant = _ended(waiting, agreed="hash" in query)
    if grant is None and query.get("hash") and query.get("interact_ref"):
        grant = made_up(memory, row, memory.places.unplaced())
    ase = None
    if grant is not None:
        row.grant, ase = grant, grant.ase
        row.side = grant.side or "s"
        belongs(row, grant)
        if row.partner is None and grant.finish_locations:
            row.partner = list(grant.finish_locations.values())[-1]
        _finish_arrived(memory, row, grant, query)
    row.source = Party("as" if row.operation == "finish_push" else "idp", ase, "s")
    row.target = CLIENT
    memory.places.settle(view.url, CLIENT)
