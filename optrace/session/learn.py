"""What each operation teaches: links, tokens, grants, payments, places. One function an operation, in `LESSONS`.

Nothing here judges. A lesson reads what is there, in whatever state it is, and leaves out what isn't.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from optrace.core.messages import Exchange
from optrace.core.urls import canonical, join, parse
from optrace.exchanges.grant_request import interactive, variant
from optrace.exchanges.interaction import finish_query
from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import View, access_items, client_of, dig, text
from optrace.session.flows import Flows
from optrace.session.grants import Grant, GrantState, Happening, Token
from optrace.session.keyring import Keyring
from optrace.session.places import CLIENT, Ase, Party, Places
from optrace.session.rows import Row

_COLLECTIONS = ("/incoming-payments", "/outgoing-payments", "/quotes", "/outgoing-payment-grant")


class Memory:
    """All that a session has taught so far. Answers the questions of `exchanges.recognise.Known`."""

    def __init__(self) -> None:
        self.places = Places()
        self.flows = Flows()
        self.keyring = Keyring()
        self.grants: list[Grant] = []
        self.tokens: dict[str, Token] = {}
        self.links: dict[str, tuple[str, Any]] = {}  # canonical URL -> (what it is, whose it is)
        self.interactions: dict[str, Grant] = {}  # interact id -> grant
        self.opened: dict[str, Grant] = {}  # where the AS sent the browser to -> grant
        self.finishes: dict[str, list[Grant]] = {}  # canonical finish URI without query -> grants, oldest first
        self.locations: dict[str, tuple[Grant, int]] = {}  # Location of a finish answer -> grant, exchange
        self.references: dict[str, Grant] = {}  # interact_ref -> grant
        self.born: dict[str, int] = {}  # id, token or nonce -> the exchange that brought it
        self.calls: dict[str, list[Row]] = {}  # token -> resource calls made with it, oldest first
        self.signed: dict[str, list[Row]] = {}  # wallet address (canonical) -> calls whose verifier needs its keys
        self.payers: list[Row] = []  # quote and outgoing payment calls: the sender's RS may act on them
        self.attempts: dict[tuple[str, str, bytes], Row] = {}
        self.new_owners: set[str] = set()  # wallet addresses whose keys became known or changed

    # exchanges.recognise.Known

    def link(self, key: str) -> str | None:
        """What a canonical URL was given out as."""
        found = self.links.get(key)
        return found[0] if found else None

    def is_continuation_token(self, token: str) -> bool:
        """Whether a value was issued as a continuation token."""
        found = self.tokens.get(token)
        return found is not None and found.kind == "continuation"

    def is_access_token(self, token: str) -> bool:
        """Whether a value was issued as an access token."""
        found = self.tokens.get(token)
        return found is not None and found.kind == "access"

    def serves_wallet_addresses(self, authority: str) -> bool:
        """Whether wallet addresses were read from a host."""
        return authority in self.places.wallet_hosts

    # used by the lessons

    def remember(self, url: object, kind: str, whose: Any = None) -> None:
        """A URL was given out; the first meaning stays."""
        if isinstance(url, str) and url:
            self.links.setdefault(canonical(url.partition("?")[0]), (kind, whose))

    def give_birth(self, value: object, n: int) -> None:
        """A value that others will refer to came into the trace."""
        if isinstance(value, str) and value:
            self.born.setdefault(value, n)

    def owner_of(self, view: View) -> Grant | None:
        """The grant that a URL or a token leads to."""
        found = self.links.get(view.key)
        if found and isinstance(found[1], Grant):
            return found[1]
        token = self.tokens.get(view.token or "")
        return token.grant if token else None


Lesson = Callable[[Memory, Row, View], None]


def learn(memory: Memory, row: Row, view: View) -> None:
    """Take in one exchange, whose operation is known. In flight, only the request is there to learn from."""
    lesson = LESSONS.get(row.operation, _elsewhere)
    lesson(memory, row, view)
    _note_attempt(memory, row, view)


def _note_attempt(memory: Memory, row: Row, view: View) -> None:
    """The same call with the same body after a failure is a retry of it."""
    if row.ended is None and row.error is None:
        return
    key = (view.method, view.url, hashlib.sha256(view.request.body or b"").digest())
    before = memory.attempts.get(key)
    if before is not None and before.n < row.n and (before.error or (before.status or 0) >= 400):
        row.retry_of = before.retry_of or before.n
    memory.attempts[key] = row


def _tail(url: str) -> str:
    """A collection URL without the collection: the resource base."""
    path = url.partition("?")[0]
    for collection in _COLLECTIONS:
        head, found, _ = path.rpartition(collection)
        if found:
            return head
    return path


# wallet address server


def _wallet_address(memory: Memory, row: Row, view: View) -> None:
    places, got = memory.places, view.got
    row.target = Party("wa", places.host(view.url).ase)
    if not view.succeeded or not text(got.get("authServer")):
        return
    ident = text(got.get("id")) or view.url
    wallet = places.wallet(ident)
    ase = places.by_grant_endpoint(str(got["authServer"]))
    if resources := text(got.get("resourceServer")):
        places.merge(ase, places.by_resource_base(resources))
        places.settle(resources, Party("rs", ase))
        memory.remember(resources, "resource_base")
    wallet.ase, wallet.read_in = ase.root(), row.n
    wallet.name = text(got.get("publicName"))
    wallet.asset_code = text(got.get("assetCode"))
    scale = got.get("assetScale")
    wallet.asset_scale = scale if isinstance(scale, int) else None
    places.wallets.setdefault(canonical(view.url), wallet)
    places.settle(str(got["authServer"]), Party("as", ase))
    for url in (ident, view.url):
        places.settle(url, Party("wa", ase))
        places.wallet_hosts.add(view.key.partition("/")[0])
        memory.remember(url, "wallet_address")
    memory.remember(got["authServer"], "grant_endpoint")
    memory.give_birth(ident, row.n)
    row.target = Party("wa", ase)
    _called_by_server(memory, row, ident)


def _jwks(memory: Memory, row: Row, view: View) -> None:
    owner = view.url.partition("?")[0].removesuffix("/jwks.json")
    row.target = Party("c.wa")
    if view.response is not None or row.error:
        status = view.status if view.response is not None else None
        if memory.keyring.learn(owner, view.response.body if view.response else None, status=status):
            memory.new_owners.add(canonical(owner))
    _called_by_server(memory, row, owner)


def _called_by_server(memory: Memory, row: Row, owner: str) -> None:
    """A read inside the span of a signed call comes from the server that has to verify it, and not from the client."""
    for call in reversed(memory.signed.get(canonical(owner), ())):
        if call.started <= row.started and (call.ended is None or row.started <= call.ended):
            if row.operation == "jwks_get" and call.partner is not None and call.partner != row.n:
                continue  # that call's keys were read already: concurrent calls read their own
            row.partner = call.n
            if row.operation == "jwks_get":
                call.partner = row.n
            _speaks(memory, row, call.target)
            return


def _speaks(memory: Memory, row: Row, party: Party) -> None:
    """Who opened a connection is who speaks on it."""
    row.source = party
    if row.client_id and party.role in ("as", "rs"):
        memory.places.speakers.setdefault(row.client_id, party)


# authorization server


def _grant_request(memory: Memory, row: Row, view: View) -> None:
    places = memory.places
    ase = places.by_grant_endpoint(view.url.partition("?")[0])
    row.variant = variant(view)
    items = access_items(view)
    grant = row.grant
    if grant is None:
        grant = row.grant = Grant(row.n, ase, endpoint=view.url, variant=row.variant, access=list(items))
        memory.grants.append(grant)
        _belongs(row, grant)
    grant.started = view.exchange.started
    side = row.side = grant.side
    row.target = Party("as", ase, side)
    places.settle(view.url, Party("as", ase))
    memory.remember(view.url, "grant_endpoint")
    if side == "s" or {item.get("type") for item in items} == {"incoming-payment"}:
        places.mark(ase, side)
    if client := client_of(view):
        grant.client = row.key_owner = client
        places.plays(client, part="c")
        _needs_keys(memory, row, client)
    elif isinstance(jwk := dig(view.sent, "client", "jwk"), dict):
        grant.client_jwk, row.key_owner = jwk, "client.jwk"
    for item in items:
        if (identifier := text(item.get("identifier"))) and item.get("type") == "outgoing-payment":
            wallet = places.plays(identifier, part="s")
            places.merge(wallet.ase, ase)
        receiver = text(dig(item, "limits", "receiver"))
        if receiver and (flow := memory.flows.find(receiver)) is not None:
            grant.flows.add(flow)
    _finish_wanted(memory, grant, view)
    if client and canonical(client).endswith("/.well-known/pay"):
        _instance_call(memory, row, client)
    if view.succeeded:
        _grant_answered(memory, row, view, grant)
    elif view.status is not None:
        grant.happened(Happening.REQUEST_REFUSED)


def _finish_wanted(memory: Memory, grant: Grant, view: View) -> None:
    finish = dig(view.sent, "interact", "finish")
    if not isinstance(finish, dict):
        return
    grant.client_nonce = text(finish.get("nonce"))
    grant.finish_method = text(finish.get("method"))
    grant.hash_method = text(finish.get("hash_method"))
    if uri := text(finish.get("uri")):
        grant.finish_uri = uri
        waiting = memory.finishes.setdefault(canonical(uri.partition("?")[0]), [])
        if grant not in waiting:
            waiting.append(grant)
        memory.remember(uri, "finish")
        memory.places.settle(uri, CLIENT)


def _instance_call(memory: Memory, row: Row, client: str) -> None:
    """An ASE acting as a client signs with the keys at `.well-known/pay` of its own resource server."""
    wallet = memory.places.wallet(client)
    ase = wallet.ase or memory.places.host(client).ase
    _speaks(memory, row, Party("rs", ase, "s"))


def _grant_answered(memory: Memory, row: Row, view: View, grant: Grant) -> None:
    got = view.got
    if interactive(view):
        grant.happened(Happening.INTERACTION_OFFERED)
        grant.as_nonce = text(dig(got, "interact", "finish"))
        if redirect := text(dig(got, "interact", "redirect")):
            grant.interact_uri = redirect
            memory.remember(redirect, "interact", grant)
            memory.places.settle(redirect, Party("as", grant.ase))
            for segment in parse(redirect).segments[1:]:
                memory.interactions.setdefault(segment, grant)
            memory.give_birth(redirect, row.n)
        memory.give_birth(grant.as_nonce, row.n)
        memory.give_birth(grant.client_nonce, row.n)
    _continuation(memory, row, view, grant)
    _access_token(memory, row, view, grant)


def _continuation(memory: Memory, row: Row, view: View, grant: Grant) -> None:
    if uri := text(dig(view.got, "continue", "uri")):
        grant.continue_uri = uri
        memory.remember(uri, "continue", grant)
        memory.places.settle(uri, Party("as", grant.ase))
        memory.give_birth(uri, row.n)
    wait = dig(view.got, "continue", "wait")
    if isinstance(wait, int) and not isinstance(wait, bool):
        grant.wait, grant.wait_from = wait, view.exchange.ended
    if value := text(dig(view.got, "continue", "access_token", "value")):
        _issue(memory, row, grant, value, "continuation", view.exchange)


def _access_token(memory: Memory, row: Row, view: View, grant: Grant) -> None:
    value = text(dig(view.got, "access_token", "value"))
    if value is None:
        return
    token = _issue(memory, row, grant, value, "access", view.exchange)
    token.access = access_items(view, of_response=True)
    life = dig(view.got, "access_token", "expires_in")
    token.expires_in = life if isinstance(life, int) and not isinstance(life, bool) else None
    manage = dig(view.got, "access_token", "manage")
    token.manage = text(manage) or text(dig(manage, "uri"))  # RFC 9635 has an object here
    if token.manage:
        memory.remember(token.manage, "manage", grant)
        memory.places.settle(token.manage, Party("as", grant.ase))
        memory.give_birth(token.manage, row.n)
    if not grant.access:
        grant.access = list(token.access)
    grant.happened(Happening.TOKEN_ISSUED)


def _issue(memory: Memory, row: Row, grant: Grant, value: str, kind: str, exchange: Exchange) -> Token:
    token = memory.tokens.get(value)
    if token is None:
        token = Token(value, kind, grant, row.n, exchange.ended or exchange.started)
        memory.tokens[value] = token
        grant.tokens.append(token)
        memory.give_birth(value, row.n)
    return token


def _at_grant(memory: Memory, row: Row, view: View) -> Grant | None:
    """Tie a call on a continue or manage URL to its grant, or to a grant made up for a trace that starts late."""
    grant = memory.owner_of(view)
    host = memory.places.host(view.url)
    row.token = view.token
    if grant is None:
        row.target = Party("as", host.ase)
        _key_by_kid(memory, row)
        return None
    row.grant, row.side, row.key_owner = grant, grant.side, _key_owner(grant)
    row.target = Party("as", grant.ase, grant.side)
    _belongs(row, grant)
    if grant.client:
        _needs_keys(memory, row, grant.client)
    return grant


def _belongs(row: Row, grant: Grant) -> None:
    """An exchange of a grant, or made with its tokens. It comes by twice: in flight, and whole."""
    if row.n not in grant.rows[-64:]:
        grant.rows.append(row.n)


def _continue(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    _continuation(memory, row, view, grant)
    _access_token(memory, row, view, grant)


def _cancel(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is not None and view.succeeded:
        grant.happened(Happening.CANCELLED)
        for token in grant.tokens:
            token.dead = token.dead or row.n


def _rotate(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    for token in grant.tokens:  # the manage URL counts, not the value that was sent with it
        if token.kind == "access" and token.manage and canonical(token.manage) == view.key:
            token.dead = token.dead or row.n
    _access_token(memory, row, view, grant)


def _revoke(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    for token in grant.tokens:
        if token.kind == "access" and token.manage and canonical(token.manage) == view.key:
            token.dead = token.dead or row.n


def _introspect(memory: Memory, row: Row, view: View) -> None:
    value = text(view.sent.get("access_token")) or ""
    row.token = value
    token = memory.tokens.get(value)
    call = _call_around(memory.calls.get(value, ()), row)
    if token is not None:
        row.grant = token.grant
        ase, side = token.grant.ase, token.grant.side
        row.target = Party("as", ase, side)
        memory.places.settle(view.url, Party("as", ase))
        _speaks(memory, row, Party("rs", ase, side))
        if client := text(view.got.get("client")) or text(dig(view.got, "client", "walletAddress")):
            token.grant.client = token.grant.client or client
    else:
        row.target = Party("as", memory.places.host(view.url).ase)
        row.source = Party("rs", row.target.ase)
    if call is not None:
        row.partner, row.side = call.n, call.side
        _speaks(memory, row, call.target)
        if call.flow is not None and row.flow is None:
            row.flow = call.flow
            memory.flows[call.flow].rows.append(row.n)


def _call_around(calls: list[Row] | tuple[Row, ...], row: Row) -> Row | None:
    """The newest call in whose span an exchange lies."""
    for call in reversed(calls):
        if call.started <= row.started and (call.ended is None or row.started <= call.ended):
            return call
    return None


# resource server


def _at_resource(memory: Memory, row: Row, view: View, side: str) -> None:
    places = memory.places
    base = _tail(view.url)
    ase = places.by_resource_base(base)
    row.side = side
    row.target = Party("rs", ase, side)
    row.token = view.token
    places.settle(view.url, Party("rs", ase))
    token = memory.tokens.get(view.token or "")
    if token is not None:
        row.grant, row.key_owner = token.grant, _key_owner(token.grant)
        _belongs(row, token.grant)
        if view.succeeded:
            places.merge(ase, token.grant.ase)
        if token.grant.client:
            _needs_keys(memory, row, token.grant.client)
            if canonical(token.grant.client).endswith("/.well-known/pay"):
                _instance_call(memory, row, token.grant.client)
        calls = memory.calls.setdefault(token.value, [])
        if row not in calls[-4:]:
            calls.append(row)
    else:
        _key_by_kid(memory, row)
        if view.token:
            calls = memory.calls.setdefault(view.token, [])
            if row not in calls[-4:]:
                calls.append(row)


def _join(memory: Memory, row: Row, *urls: str | None) -> None:
    """Put an exchange into the payment of some resource URLs, and its grant with it."""
    flow = memory.flows.of(*urls)
    if flow is None:
        return
    if row.flow is None:
        memory.flows[flow].rows.append(row.n)
    row.flow = flow
    if row.grant is not None:
        row.grant.flows.add(flow)


def _side_seen(memory: Memory, row: Row, view: View, side: str) -> None:
    if view.succeeded and row.target.ase is not None:
        memory.places.mark(row.target.ase, side)


def _incoming_create(memory: Memory, row: Row, view: View) -> None:
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
        flow.incoming, flow.recipient = url, wallet
        flow.asked = amount_in_words(view.got.get("incomingAmount")) or None


def _resource_born(memory: Memory, row: Row, url: str, kind: str) -> None:
    memory.remember(url, kind)
    memory.give_birth(url, row.n)
    _join(memory, row, url)


def _incoming_one(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "r")
    _side_seen(memory, row, view, "r")
    url = view.url.partition("?")[0].removesuffix("/").removesuffix("/complete")
    _join(memory, row, url)
    if row.flow is not None and view.got.get("completed") is True:
        memory.flows[row.flow].completed = True
    if row.source.role == "unknown" or row.source is CLIENT:
        _inside_payer(memory, row, view)


def _inside_payer(memory: Memory, row: Row, view: View) -> None:
    """A public read of the receiver within a quote or payment call is the sender's RS's own."""
    if row.operation != "incoming_payment_get_public" or row.flow is None:
        return
    for call in reversed(memory.payers[-64:]):
        inside = call.started <= row.started and (call.ended is None or row.started <= call.ended)
        if inside and call.flow is not None and memory.flows.root(call.flow) == memory.flows.root(row.flow):
            row.partner = call.n
            _speaks(memory, row, call.target)
            return


def _incoming_list(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "r")
    _side_seen(memory, row, view, "r")


def _quote_create(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _payer(memory, row, view)
    receiver = text(view.sent.get("receiver"))
    if receiver and memory.flows.find(receiver) is not None:
        _join(memory, row, receiver)
    if view.succeeded and (url := text(view.got.get("id"))):
        memory.remember(url, "quote")
        memory.give_birth(url, row.n)
        _join(memory, row, text(view.got.get("receiver")) or receiver, url)
        _amounts(memory, row, view)
        memory.flows[row.flow or 0].quote = url


def _payer(memory: Memory, row: Row, view: View) -> None:
    if row not in memory.payers[-16:]:
        memory.payers.append(row)
    if wallet := text(view.sent.get("walletAddress")):
        found = memory.places.plays(wallet, part="s")
        if view.succeeded:
            memory.places.merge(found.ase, row.target.ase)


def _amounts(memory: Memory, row: Row, view: View) -> None:
    if row.flow is not None:
        flow = memory.flows[row.flow]
        flow.amount = amount_in_words(view.got.get("debitAmount")) or flow.amount
        flow.sender = text(view.got.get("walletAddress")) or flow.sender


def _quote_get(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _join(memory, row, view.url.partition("?")[0])


def _outgoing_create(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _payer(memory, row, view)
    quote, incoming = text(view.sent.get("quoteId")), text(view.sent.get("incomingPayment"))
    known = [url for url in (quote, incoming) if url and memory.flows.find(url) is not None]
    if known:
        _join(memory, row, *known)
    if view.succeeded and (url := text(view.got.get("id"))):
        memory.remember(url, "outgoing_payment")
        memory.give_birth(url, row.n)
        _join(memory, row, quote, incoming, text(view.got.get("receiver")), url)
        _amounts(memory, row, view)
        flow = memory.flows[row.flow or 0]
        flow.outgoing = url
        flow.failed = view.got.get("failed") is True


def _outgoing_get(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")
    _join(memory, row, view.url.partition("?")[0])
    if row.flow is not None and view.succeeded:
        memory.flows[row.flow].failed = view.got.get("failed") is True
        _amounts(memory, row, view)


def _outgoing_list(memory: Memory, row: Row, view: View) -> None:
    _at_resource(memory, row, view, "s")
    _side_seen(memory, row, view, "s")


# interaction


def _at_interaction(memory: Memory, row: Row, view: View) -> Grant | None:
    names = (*view.parts.segments, *(value for _, value in view.parts.parameters()))
    grant = next((memory.interactions[name] for name in names if name in memory.interactions), None)
    grant = grant or memory.opened.get(view.url) or memory.owner_of(view)
    if grant is not None:
        row.grant = grant
        row.side = grant.side or "s"
        _belongs(row, grant)
    return grant


def _interact_start(memory: Memory, row: Row, view: View) -> None:
    grant = _at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.target = Party("as", ase, row.side or "s")
    row.source = CLIENT
    if view.location:
        target = join(view.url, view.location)
        names = dict(parse(target).parameters())
        if "result" not in names and not (grant and grant.finish_uri and target.startswith(grant.finish_uri)):
            memory.remember(target, "idp")
            if grant is not None:
                memory.opened[target] = grant
            memory.places.settle(target, Party("idp", ase, row.side or "s"))


def _idp(memory: Memory, row: Row, view: View) -> None:
    grant = _at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.source, row.target = CLIENT, Party("idp", ase, "s")
    memory.places.settle(view.url, Party("idp", ase, "s"))


def _consent(memory: Memory, row: Row, view: View) -> None:
    grant = _at_interaction(memory, row, view)
    ase = grant.ase if grant else memory.places.host(view.url).ase
    row.source, row.target = Party("idp", ase, "s"), Party("as", ase, row.side or "s")
    memory.places.settle(view.url, Party("as", ase))
    memory.give_birth(text(view.got.get("grantId")), row.n)


def _finish_request(memory: Memory, row: Row, view: View) -> None:
    _consent(memory, row, view)
    if row.grant is None or not view.location:
        return
    target = join(view.url, view.location)
    row.grant.finish_locations[target] = row.n
    memory.locations[target] = (row.grant, row.n)
    _finish_arrived(memory, row, row.grant, finish_query(view))


def _finish_arrived(memory: Memory, row: Row, grant: Grant, query: Mapping[str, str]) -> None:
    if reference := query.get("interact_ref"):
        grant.interact_refs.setdefault(reference, row.n)
        memory.references.setdefault(reference, grant)
        memory.give_birth(reference, row.n)
        grant.happened(Happening.CONSENT_GIVEN)
    elif query.get("result") == "grant_rejected":
        grant.happened(Happening.CONSENT_REFUSED)


def _finish(memory: Memory, row: Row, view: View) -> None:
    query = finish_query(view)
    grant: Grant | None = None
    if found := memory.locations.get(view.url):
        grant, row.partner = found
    waiting = memory.finishes.get(view.key, [])
    if grant is None and len(waiting) == 1:
        grant = waiting[0]
    if grant is None and (reference := query.get("interact_ref")):
        grant = memory.references.get(reference)
    if grant is None and waiting:
        pending = [g for g in waiting if g.state is GrantState.PENDING]
        grant = (pending or waiting)[-1] if query.get("hash") else (pending[-1] if len(pending) == 1 else None)
    ase = None
    if grant is not None:
        row.grant, ase = grant, grant.ase
        row.side = grant.side or "s"
        _belongs(row, grant)
        if row.partner is None and grant.finish_locations:
            row.partner = next(reversed(grant.finish_locations.values()))
        _finish_arrived(memory, row, grant, query)
    row.source = Party("as" if row.operation == "finish_push" else "idp", ase, "s")
    row.target = CLIENT
    memory.places.settle(view.url, CLIENT)


# beside the protocol


def _elsewhere(memory: Memory, row: Row, view: View) -> None:
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
        if grant := _at_interaction(memory, row, view):
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


# keys


def _key_owner(grant: Grant) -> str | None:
    return grant.client or ("client.jwk" if grant.client_jwk else None)


def _key_by_kid(memory: Memory, row: Row) -> None:
    """A call whose grant wasn't seen: whoever published its keyid is taken for its client."""
    if row.kid and (owner := memory.keyring.owner_of_kid(row.kid)):
        row.key_owner = owner
        _needs_keys(memory, row, owner)


def _needs_keys(memory: Memory, row: Row, owner: str) -> None:
    calls = memory.signed.setdefault(canonical(owner), [])
    if row not in calls[-8:]:
        calls.append(row)


def merged_side(ase: Ase | None) -> bool:
    """Whether one ASE plays both parts."""
    return ase is not None and ase.root().sends and ase.root().receives


LESSONS: Mapping[str, Lesson] = {
    "wallet_address_get": _wallet_address,
    "jwks_get": _jwks,
    "grant_request": _grant_request,
    "grant_continue": _continue,
    "grant_poll": _continue,
    "grant_modify": _continue,
    "grant_cancel": _cancel,
    "token_rotate": _rotate,
    "token_revoke": _revoke,
    "token_introspect": _introspect,
    "incoming_payment_create": _incoming_create,
    "incoming_payment_get": _incoming_one,
    "incoming_payment_get_public": _incoming_one,
    "incoming_payment_complete": _incoming_one,
    "incoming_payment_list": _incoming_list,
    "quote_create": _quote_create,
    "quote_get": _quote_get,
    "outgoing_payment_create": _outgoing_create,
    "outgoing_payment_get": _outgoing_get,
    "outgoing_payment_list": _outgoing_list,
    "outgoing_payment_grant_get": _outgoing_list,
    "interact_start": _interact_start,
    "idp_redirect": _idp,
    "consent_get": _consent,
    "consent_accept": _consent,
    "consent_reject": _consent,
    "interact_finish_request": _finish_request,
    "finish_redirect": _finish,
    "finish_push": _finish,
}
