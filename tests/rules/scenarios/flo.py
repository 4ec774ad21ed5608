"""What goes wrong with the order of things."""

from __future__ import annotations

from tests.rules.scenarios.table import sample
from tests.rules.scene import SHOP, Scene, uuid, value_of


@sample("FLO-001")
def early(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    if bad:
        pending.open()
        body = {"interact_ref": uuid("made up")}
        s.as_refused(
            "POST",
            pending.uri,
            body,
            token=pending.token,
            wait=7,
            status=404,
            code="invalid_continuation",
            said="grant not found",
        )
    else:
        pending.consent()
        pending.finish()


@sample("FLO-002")
def polled(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask(finish=bad)
    pending.consent()
    if bad:
        s.as_refused(
            "POST",
            pending.uri,
            token=pending.token,
            wait=7,
            status=401,
            code="request_denied",
            said="grant cannot be polled",
        )
    else:
        pending.finish()


@sample("FLO-003")
def too_fast(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    pending.consent()
    if bad:
        body = {"interact_ref": pending.reference}
        said = 'continued grant faster than "wait" period'
        s.as_refused("POST", pending.uri, body, token=pending.token, wait=1, status=400, code="too_fast", said=said)
    else:
        pending.finish()


@sample("FLO-004")
def no_reference(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    pending.consent()
    if bad:
        body = {"client": SHOP}
        s.as_refused(
            "POST",
            pending.uri,
            body,
            token=pending.token,
            wait=7,
            status=401,
            code="invalid_request",
            said="missing interaction reference",
        )
    else:
        pending.finish()


@sample("FLO-005")
def twice(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    pending.consent()
    pending.finish()
    if bad:
        body = {"interact_ref": pending.reference}
        s.as_refused(
            "POST",
            pending.uri,
            body,
            token=pending.token,
            wait=2,
            status=401,
            code="request_denied",
            said="grant interaction not approved",
        )


@sample("FLO-006")
def mixed_up(s: Scene, bad: bool) -> None:
    s.priced()
    first, second = s.ask(), s.ask()
    first.consent()
    second.consent()
    if bad:
        body = {"interact_ref": first.reference}
        s.as_refused(
            "POST",
            second.uri,
            body,
            token=second.token,
            wait=7,
            status=404,
            code="invalid_continuation",
            said="grant not found",
        )
    else:
        second.finish()


@sample("FLO-007")
def taken_for_final(s: Scene, bad: bool) -> None:
    quote = s.priced()
    pending = s.ask(finish=False)
    waiting = {"continue": pending.answer["continue"]}
    s.send("POST", pending.uri, token=pending.token, wait=6, answer=waiting)
    if bad:
        s.pay("undefined", quote, status=403, said="Inactive Token")
    else:
        pending.consent()
        s.outgoing(pending.finish(), quote)


@sample("FLO-008")
def undefined(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        details = {"description": "Failed to get wallet address from incoming payment", "id": "undefined"}
        s.refused(
            "GET",
            f"{s.bob.rs}/incoming-payments/undefined",
            token=s.incoming_token,
            status=401,
            said="Unauthorized",
            details=details,
        )
    else:
        s.send("GET", payment["id"], token=s.incoming_token, answer=payment)


@sample("FLO-009")
def out_of_order(s: Scene, bad: bool) -> None:
    quote = s.priced()
    pending = s.ask()
    if bad:
        s.pay(s.quote_token, quote, status=403, said="Insufficient Grant")
    else:
        pending.consent()
        s.outgoing(pending.finish(), quote)


@sample("FLO-010")
def stops(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    if not bad:
        s.outgoing(token, quote)


@sample("FLO-011")
def receivers_server(s: Scene, bad: bool) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.refused("POST", f"{s.bob.rs}/quotes", body, token=token, status=403, said="Inactive Token")
    else:
        s.quote(token, incoming["id"])


@sample("FLO-012")
def other_party(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.alice.wallet},
            token=token,
            status=400,
            said="Could not get wallet address",
        )
    else:
        s.incoming(token)


@sample("FLO-013")
def two_payers(s: Scene, bad: bool) -> None:
    quote = s.priced()
    body = {
        "walletAddress": s.alice.wallet + ("-savings" if bad else ""),
        "receiver": quote["receiver"],
        "method": "ilp",
    }
    s.send(
        "POST",
        f"{s.alice.rs}/quotes",
        body,
        token=s.quote_token,
        status=201,
        wait=3,
        answer=s.quoted(quote["receiver"]),
    )


@sample("FLO-014")
def many_grants(s: Scene, bad: bool) -> None:
    s.read()
    for _ in range(5 if bad else 2):
        s.grant(s.alice, "quote", ["create"], wait=3)


@sample("FLO-015")
def kept(s: Scene, bad: bool) -> None:
    quote = s.priced()
    pending = s.ask()
    pending.consent()
    token = pending.finish()
    s.outgoing(token, quote)
    if not bad:
        s.send("DELETE", pending.uri, token=pending.token, status=204)


@sample("FLO-016")
def cancelled_twice(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    s.send("DELETE", pending.uri, token=pending.token, status=204)
    if bad:
        s.as_refused(
            "DELETE",
            pending.uri,
            token=pending.token,
            wait=2,
            status=401,
            code="invalid_continuation",
            said="invalid grant",
        )


@sample("FLO-017")
def double_click(s: Scene, bad: bool) -> None:
    s.receivable()
    s.incoming(s.incoming_token, "1000" if bad else "2500", wait=2)


@sample("FLO-018")
def replayed(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    s.send("GET", payment["id"], token=s.incoming_token, answer=payment)
    s.send("GET", payment["id"], token=s.incoming_token, wait=5, answer=payment, repeat=s.n if bad else None)
