"""What the auth server's answers teach: grants, continuations, tokens, their rotation and end."""

from __future__ import annotations

from optrace.core.messages import Exchange
from optrace.core.urls import canonical, parse, place
from optrace.exchanges.grant_request import interactive, variant, variant_of
from optrace.exchanges.view import View, access_items, client_of, dig, text
from optrace.session.grants import Grant, Happening, Token
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
from optrace.session.memory import WAITING, Memory
from optrace.session.places import CLIENT, Party
from optrace.session.rows import Row


def grant_request(memory: Memory, row: Row, view: View) -> None:
    places = memory.places
    ase = places.by_grant_endpoint(view.url.partition("?")[0])
    row.variant = memory.text(found) if (found := variant(view)) else None
    items = access_items(view)
    grant = row.grant
    if grant is None:
        grant = row.grant = Grant(row.n, ase, endpoint=row.url, variant=row.variant, access=memory.share(items))
        memory.grants.append(grant)
        belongs(row, grant)
    grant.started = view.exchange.started
    side = row.side = grant.side
    row.target = places.party("as", ase, side)
    places.settle(view.url, places.party("as", ase))
    memory.remember(view.url, "grant_endpoint", row.n)
    if side == "s" or (items and all(item.get("type") == "incoming-payment" for item in items)):
        places.mark(ase, side)
    if client := client_of(view):
        grant.client = row.key_owner = memory.text(client)
        places.plays(client, part="c")
        needs_keys(memory, row, client)
    elif isinstance(jwk := dig(view.sent, "client", "jwk"), dict):
        grant.client_jwk, row.key_owner = jwk, "client.jwk"
    for item in items:
        if (identifier := text(item.get("identifier"))) and item.get("type") == "outgoing-payment":
            wallet = places.plays(identifier, part="s")
            places.merge(wallet.ase, ase)
        receiver = text(dig(item, "limits", "receiver"))
        if receiver and (flow := memory.flows.find(receiver)) is not None:
            serves(grant, flow)
    _finish_wanted(memory, grant, view)
    if client or grant.client_jwk is not None:
        signed_by(memory, row, client or "")
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
        if grant.n not in waiting[-64:]:
            waiting.append(grant.n)
            del waiting[:-WAITING]
        memory.remember(uri, "finish", grant.n)
        memory.places.settle(uri, CLIENT)


def _grant_answered(memory: Memory, row: Row, view: View, grant: Grant) -> None:
    got = view.got
    if interactive(view):
        grant.happened(Happening.INTERACTION_OFFERED)
        grant.as_nonce = text(dig(got, "interact", "finish"))
        if redirect := text(dig(got, "interact", "redirect")):
            grant.interact_uri = redirect
            memory.remember(redirect, "interact", row.n, born=True)
            memory.places.settle(redirect, Party("as", grant.ase))
            for segment in parse(redirect).segments[1:]:
                if segment not in memory.interactions:
                    memory.lead("interactions", segment, grant)
        memory.give_birth(grant.as_nonce, row.n)
        memory.give_birth(grant.client_nonce, row.n)
    _continuation(memory, row, view, grant)
    _access_token(memory, row, view, grant)


def _continuation(memory: Memory, row: Row, view: View, grant: Grant) -> None:
    if uri := text(dig(view.got, "continue", "uri")):
        grant.continue_uri = memory.text(uri)
        memory.remember(uri, "continue", row.n, born=True)
        memory.places.settle(uri, memory.places.party("as", grant.ase))
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
    token.access = memory.share(access_items(view, of_response=True))
    life = dig(view.got, "access_token", "expires_in")
    token.expires_in = life if isinstance(life, int) and not isinstance(life, bool) else None
    manage = dig(view.got, "access_token", "manage")
    if uri := text(manage) or text(dig(manage, "uri")):  # RFC 9635 has an object here
        token.manage = memory.text(uri)
        memory.remember(uri, "manage", row.n, born=True)
        memory.places.settle(uri, memory.places.party("as", grant.ase))
    if not grant.access:
        grant.access = token.access
        if grant.endpoint is None:
            grant.variant = variant_of(token.access)
    grant.happened(Happening.TOKEN_ISSUED)


def _issue(memory: Memory, row: Row, grant: Grant, value: str, kind: str, exchange: Exchange) -> Token:
    token = memory.tokens.get(value)
    if token is None:
        token = Token(value, kind, grant, row.n, exchange.ended or exchange.started)
        memory.issue(token)
        grant.tokens.append(token)
    return token


def _at_grant(memory: Memory, row: Row, view: View) -> Grant | None:
    """Tie a call on a continue or manage URL to its grant, or to a grant made up for a trace that starts late."""
    grant = memory.owner_of(view)
    host = memory.places.host(view.url)
    row.token = memory.as_kept(view.token)
    leaning = "s" if row.operation in ("grant_continue", "grant_poll") else None  # it is the payer who is asked
    if grant is None and view.status is not None:
        reference = memory.references.get(text(view.sent.get("interact_ref")) or "")
        if view.succeeded:
            grant = reference or made_up(memory, row, memory.places.auth_server(view.url))
            memory.lead("strays", view.token or "", grant)
        elif reference is not None and reference.endpoint is None:  # its request wasn't seen, nor was its continue.uri
            grant = reference
    if grant is None:
        row.target = memory.places.party("as", host.ase, leaning=leaning)
        key_by_kid(memory, row)
        return None
    row.grant, row.side, row.key_owner = grant, grant.side, key_owner(grant)
    row.target = memory.places.party("as", grant.ase, grant.side, leaning=leaning)
    belongs(row, grant)
    memory.places.settle(view.url, memory.places.party("as", grant.ase))
    if row.key_owner is None:
        key_by_kid(memory, row)
        grant.client = row.key_owner
    elif grant.client:
        needs_keys(memory, row, grant.client)
        signed_by(memory, row, grant.client)
    return grant


def continued(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    _continuation(memory, row, view, grant)
    _access_token(memory, row, view, grant)


def cancel(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is not None and view.succeeded:
        grant.happened(Happening.CANCELLED)
        for token in grant.tokens:
            token.dead = token.dead or row.n


def rotate(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    for token in grant.tokens:  # the manage URL counts, not the value that was sent with it
        if token.kind == "access" and token.manage and canonical(token.manage) == view.key:
            token.dead = token.dead or row.n
    _access_token(memory, row, view, grant)


def revoke(memory: Memory, row: Row, view: View) -> None:
    grant = _at_grant(memory, row, view)
    if grant is None or not view.succeeded:
        return
    for token in grant.tokens:
        if token.kind == "access" and token.manage and canonical(token.manage) == view.key:
            token.dead = token.dead or row.n


def introspect(memory: Memory, row: Row, view: View) -> None:
    value = text(view.sent.get("access_token")) or ""
    row.token = memory.as_kept(value)
    token = memory.tokens.get(value)
    call = _call_around(memory, value, row, view)
    if token is not None:
        row.grant = token.grant
        ase, side = token.grant.ase, token.grant.side
        row.target = Party("as", ase, side)
        memory.places.settle(view.url, Party("as", ase))
        row.source = Party("rs", ase, side)
        if client := text(view.got.get("client")) or text(dig(view.got, "client", "walletAddress")):
            token.grant.client = token.grant.client or client
    else:
        row.grant = memory.strays.get(value)
        row.target = Party("as", call.target.ase, call.side) if call else Party("as", memory.places.host(view.url).ase)
        row.source = Party("rs", row.target.ase)
    if call is not None:
        row.partner, row.side = call.n, call.side
        memory.introspected(call, row, active=view.got.get("active") is True)
        memory.speakers.speaks(row, call.target, place(call.url))
        if row.flow is None and (call.flow is not None or call.ended is None):
            memory.inside.setdefault(call.n, []).append(row.n)
        if call.flow is not None:
            take_inside(memory, call, call.flow)
    if row.grant is not None and row.flow is None:  # a list belongs to no payment but its grant's, and so does this
        belongs(row, row.grant)


def _call_around(memory: Memory, token: str, row: Row, view: View) -> Row | None:
    """The call that an introspection is about: the one that has waited longest, of those that do what it asks for."""
    calls = [call for call in memory.calls_with(token) if around(call, row)]
    fresh = [call for call in calls if memory.introspections.get(call.n, (row,))[0] is row]
    access = view.sent.get("access")
    asked = [item for item in access if isinstance(item, dict)] if isinstance(access, list) else []
    for call in fresh or calls:
        kind, _, verb = call.operation.rpartition("_")
        if any(item.get("type") == kind.replace("_", "-") and verb in str(item.get("actions")) for item in asked):
            return call
    return next(iter(fresh or calls), None)
