"""What several lessons share: who speaks, whose grant it is, whose keys it needs."""

from __future__ import annotations

from optrace.core.urls import canonical
from optrace.session.grants import Grant
from optrace.session.memory import Memory, keep
from optrace.session.places import Party
from optrace.session.rows import Row

def speaks(memory: Memory, row: Row, party: Party) -> None:
    """Who opened a connection is who speaks on it."""
    row.source = party
    if row.client_id and party.role in ("as", "rs"):
        memory.places.speakers.setdefault(row.client_id, party)


def called_by_server(memory: Memory, row: Row, owner: str) -> None:
    """A read inside the span of a signed call comes from the server that has to verify it, and not from the client."""
    for call in reversed(memory.signed.get(canonical(owner), ())):
        if call.started <= row.started and (call.ended is None or row.started <= call.ended):
            if row.operation == "jwks_get" and call.partner is not None and call.partner != row.n:
                continue  # that call's keys were read already: concurrent calls read their own
            row.partner = call.n
            if row.operation == "jwks_get":
                call.partner = row.n
            speaks(memory, row, call.target)
            return


def belongs(row: Row, grant: Grant) -> None:
    """An exchange of a grant, or made with its tokens. It comes by twice: in flight, and whole."""
    if row.n not in grant.rows[-64:]:
        grant.rows.append(row.n)


def take_inside(memory: Memory, call: Row, flow: int) -> None:
    """A call's payment became known: the introspections inside it are of the same one."""
    for row in memory.inside.pop(call.n, ()):
        if row.flow is None:
            row.flow = flow
            memory.flows[flow].rows.append(row.n)


def instance_call(memory: Memory, row: Row, client: str) -> None:
    """An ASE acting as a client signs with the keys at `.well-known/pay` of its own resource server."""
    wallet = memory.places.wallet(client)
    ase = wallet.ase or memory.places.host(client).ase
    speaks(memory, row, Party("rs", ase, "s"))


def key_owner(grant: Grant) -> str | None:
    """Whose keys verify the calls of a grant."""
    return grant.client or ("client.jwk" if grant.client_jwk else None)


def key_by_kid(memory: Memory, row: Row) -> None:
    """A call whose grant wasn't seen: whoever published its keyid is taken for its client."""
    if row.kid and (owner := memory.keyring.owner_of_kid(row.kid)):
        row.key_owner = owner
        needs_keys(memory, row, owner)


def needs_keys(memory: Memory, row: Row, owner: str) -> None:
    """A server will read these keys to verify this call."""
    keep(memory.signed.setdefault(canonical(owner), []), row)
