"""What the resource servers' answers teach: payments, quotes, and who plays which part."""

from __future__ import annotations

from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import View, text
from optrace.session.lessons.common import (
    around,
    belongs,
    key_by_kid,
    key_owner,
    made_up,
    needs_keys,
    serves,
    signed_by,
    take_inside,
)
from optrace.session.memory import Memory, keep
from optrace.session.places import CLIENT
from optrace.session.rows import Row

_COLLECTIONS = ("/incoming-payments", "/outgoing-payments", "/quotes", "/outgoing-payment-grant")


def _tail(url: str) -> str:
    """A collection URL without the collection: the resource base."""
    path = url.partition("?")[0]
    for collection in _COLLECTIONS:
        head, found, _ = path.rpartition(collection)
        if found:
            return head
    return path


def _at_resource(memory: Memory, row: Row, view: View, side: str) -> None:
    places = memory.places
    base = _tail(view.url)
    ase = places.by_resource_base(base)
    row.side = side
    row.target = places.party("rs", ase, leaning=side)
    row.token = memory.as_kept(view.token)
    places.settle(view.url, places.party("rs", ase))
    token = memory.tokens.get(view.token or "")
    if token is not None:
        row.grant, row.key_owner = token.grant, key_owner(token.grant)
        belongs(row, token.grant)
        if view.succeeded:
            places.merge(ase, token.grant.ase)
        if token.grant.client:
            needs_keys(memory, row, token.grant.client)
            signed_by(memory, row, token.grant.client)
        elif row.key_owner is None:
            key_by_kid(memory, row)
    else:
        key_by_kid(memory, row)
        if view.token and view.succeeded and row.key_owner != "client.jwk":
            row.grant = memory.strays.get(view.token) or made_up(memory, row, ase, view.token)
            row.grant.client = row.grant.client or row.key_owner
            places.merge(ase, row.grant.ase)
            belongs(row, row.grant)
            asked = memory.introspections.get(row.n)
            if asked is not None and asked[0].grant is None:  # it was about this token, whose grant nobody knew
                asked[0].grant = row.grant
    if view.token:
        memory.called(view.token, row)


def _join(memory: Memory, row: Row, *urls: str | None) -> None:
    """Put an exchange into the payment of some resource URLs, and its grant with it."""
    if _join_alone(memory, row, *urls) and row.grant is not None and row.flow is not None:
        serves(row.grant, row.flow)


def _join_read(memory: Memory, row: Row, view: View, *urls: str | None) -> None:
    """`_join` for a call on a resource that exists: refused, it says nothing of what its token is for, unless the token
    was for nothing yet.
    """
    if view.succeeded or (row.grant is not None and not row.grant.flows and view.status is not None):
        _join(memory, row, *urls)
    else:
        _join_alone(memory, row, *urls)


def _join_alone(memory: Memory, row: Row, *urls: str | None) -> bool:
    flow = memory.flows.of(*urls)
    if flow is None:
        return False
    before = None if row.flow is None else memory.flows.root(row.flow)
    if before != flow:
        if before is not None:  # the answer names another one than the request did
            memory.flows[before].rows.remove(row.n)
        memory.flows[flow].rows.append(row.n)
    row.flow = flow
    take_inside(memory, row, flow)
    return True


def _side_seen(memory: Memory, row: Row, view: View, side: str) -> None:
    if view.succeeded and row.target.ase is not None:
        memory.places.mark(row.target.ase, side)


def incoming_create(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "r")
    wallet = text(view.sent.get("walletAddress"))
    if wallet:
        found = memory.places.plays(wallet, part="r")
        if view.succeeded:
            memory.places.merge(found.ase, row.target.ase)
    _side_seen(memory, row, view, "r")
    if view.succeeded and (url := text(view.got.get("id"))):
        _resource_born(memory, row, url, "incoming_payment")
        flow = memory.flows[memory.flows.of(url) or 0]
        flow.incoming, flow.recipient = memory.text(url), memory.text(wallet) if wallet else None
        flow.asked = memory.text(amount_in_words(view.got.get("incomingAmount"))) or None


def _resource_born(memory: Memory, row: Row, url: str, kind: str) -> None:
    memory.remember(url, kind, row.n, born=True)
    _join(memory, row, url)


def incoming_one(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "r")
    _side_seen(memory, row, view, "r")
    url = view.url.partition("?")[0].removesuffix("/").removesuffix("/complete")
    _join_read(memory, row, view, url)
    if row.flow is not None and view.got.get("completed") is True:
        memory.flows[row.flow].completed = True
    _inside_payer(memory, row)


def _inside_payer(memory: Memory, row: Row) -> None:
    """A public read of the receiver within a quote or payment call is the sender's RS's own."""
    speaker = memory.speakers.of(row.client_id)
    if row.operation != "incoming_payment_get_public" or row.flow is None or speaker is CLIENT:
        return
    for call in reversed(memory.payers[-64:]):
        if around(call, row) and call.flow is not None and memory.flows.root(call.flow) == memory.flows.root(row.flow):
            row.partner = call.n
            row.source = call.target
            return


def incoming_list(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "r")
    _side_seen(memory, row, view, "r")


def quote_create(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _payer(memory, row, view)
    receiver = text(view.sent.get("receiver"))
    if receiver and memory.flows.find(receiver) is not None:
        _join(memory, row, receiver)
    if view.succeeded and (url := text(view.got.get("id"))):
        memory.remember(url, "quote", row.n, born=True)
        _join(memory, row, text(view.got.get("receiver")) or receiver, url)
        _amounts(memory, row, view)
        memory.flows[row.flow or 0].quote = memory.text(url)


def _payer(memory: Memory, row: Row, view: View) -> None:
    keep(memory.payers, row)
    if wallet := text(view.sent.get("walletAddress")):
        found = memory.places.plays(wallet, part="s")
        if view.succeeded:
            memory.places.merge(found.ase, row.target.ase)


def _amounts(memory: Memory, row: Row, view: View) -> None:
    if row.flow is not None:
        flow = memory.flows[row.flow]
        flow.amount = memory.text(amount_in_words(view.got.get("debitAmount"))) or flow.amount
        if sender := text(view.got.get("walletAddress")):
            flow.sender = memory.text(sender)


def quote_get(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _join_read(memory, row, view, view.url.partition("?")[0], text(view.got.get("receiver")))


def outgoing_create(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _payer(memory, row, view)
    quote, incoming = text(view.sent.get("quoteId")), text(view.sent.get("incomingPayment"))
    known = [url for url in (quote, incoming) if url and memory.flows.find(url) is not None]
    if known:
        _join(memory, row, *known)
    if view.succeeded and (url := text(view.got.get("id"))):
        memory.remember(url, "outgoing_payment", row.n, born=True)
        _join(memory, row, quote, incoming, text(view.got.get("receiver")), url)
        _amounts(memory, row, view)
        flow = memory.flows[row.flow or 0]
        flow.outgoing = memory.text(url)
        flow.failed = view.got.get("failed") is True


def outgoing_get(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _join_read(memory, row, view, view.url.partition("?")[0], text(view.got.get("receiver")))
    if row.flow is not None and view.succeeded:
        memory.flows[row.flow].failed = view.got.get("failed") is True
        _amounts(memory, row, view)


def outgoing_list(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
