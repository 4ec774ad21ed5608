"""What several lessons share: who speaks, whose grant it is, whose keys it needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from optrace.core.urls import canonical, place
from optrace.session.grants import Grant
from optrace.session.memory import Memory, keep
from optrace.session.places import CLIENT, Ase, Party
from optrace.session.rows import Row


def called_by_server(memory: Memory, row: Row, owner: str, kids: Iterable[str] = ()) -> None:
    """A read inside the span of a signed call comes from the server that has to verify it, and not from the client."""
    signed = (memory.signed.get(key, ()) for key in (canonical(owner), *kids))
    calls = [call for found in signed for call in found if around(call, row)]
    if row.operation == "wallet_address_get":  # an AS wants the name that it shows when it asks for consent
        calls = [call for call in calls if call.operation == "grant_request" and _asks_for_consent(call)]
    ready = [(since, call) for call in calls if (since := _ready(memory, call, row)) is not None]
    if ready:
        calls = [call for _, call in sorted(ready, key=lambda entry: entry[0])]
    if calls:
        memory.speakers.reads(row, calls)


def _asks_for_consent(call: Row) -> bool:
    return call.grant is not None and (call.grant.interact_uri is not None or call.grant.client_nonce is not None)


def _ready(memory: Memory, call: Row, row: Row) -> datetime | None:
    """Since when a call waits for its keys. An RS asks about the token first, and reads none for one that is dead."""
    if call.target.role != "rs" or place(call.url) not in memory.introspecting:
        return call.started
    asked, active = memory.introspections.get(call.n, (None, False))
    return asked.ended if asked and active and asked.ended and asked.ended <= row.started else None


def around(call: Row, row: Row) -> bool:
    """Whether an exchange ran while a call was open."""
    return call.started <= row.started and (call.ended is None or (row.ended or row.started) <= call.ended)


def belongs(row: Row, grant: Grant) -> None:
    """An exchange of a grant, or made with its tokens. It comes by twice: in flight, and whole."""
    if row.n not in grant.rows[-64:]:
        grant.rows.append(row.n)


def serves(grant: Grant, flow: int) -> None:
    """A grant is for a payment. One grant may serve very many: only the last are looked through."""
    if flow not in grant.flows[-64:]:
        grant.flows.append(flow)


def take_inside(memory: Memory, call: Row, flow: int) -> None:
    """A call's payment became known: the introspections inside it are of the same one."""
    for row in memory.rows.at(memory.inside.pop(call.n, ())):
        if row.flow is None:
            row.flow = flow
            memory.flows[flow].rows.append(row.n)


def instance_call(memory: Memory, row: Row, client: str) -> None:
    """An ASE acting as a client signs with the keys at `.well-known/pay` of its own resource server."""
    wallet = memory.places.wallet(client)
    ase = wallet.ase or memory.places.host(client).ase
    memory.speakers.speaks(row, Party("rs", ase, "s"), place(client))


def signed_by(memory: Memory, row: Row, owner: str) -> None:
    """Whose key signs a call says who makes it: an ASE's own server, or a client."""
    if canonical(owner).endswith("/.well-known/pay"):
        instance_call(memory, row, owner)
    else:
        memory.speakers.speaks(row, CLIENT)


def made_up(memory: Memory, row: Row, ase: Ase, token: str | None = None) -> Grant:
    """The grant of a call that a server took, asked for before the trace began. Little is known of it."""
    grant = Grant(row.n, ase)
    if token:
        memory.lead("strays", token, grant)
    return grant


def key_owner(grant: Grant) -> str | None:
    """Whose keys verify the calls of a grant."""
    return grant.client or ("client.jwk" if grant.client_jwk else None)


def key_by_kid(memory: Memory, row: Row) -> None:
    """A call whose grant wasn't seen: whoever published its keyid is taken for its client."""
    if row.kid and (owner := memory.keyring.owner_of_kid(row.kid)):
        row.key_owner = owner
        needs_keys(memory, row, owner)
        signed_by(memory, row, owner)
    elif row.kid:
        needs_keys(memory, row, row.kid)


def needs_keys(memory: Memory, row: Row, owner: str) -> None:
    """A server will read these keys to verify this call. `owner`: a wallet address, or a keyid of nobody known."""
    keep(memory.signed.setdefault(canonical(owner), []), row)
