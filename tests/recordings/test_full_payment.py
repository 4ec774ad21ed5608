"""The whole payment, every hop of it, as one ladder: each arrow of the protocol's own diagram, in its order."""

from __future__ import annotations

from optrace.diagram.layout import Diagram
from optrace.diagram.paint import ladder_text
from tests.recordings.truth import understood

# operation, from, to: the client's calls and, below each, what the servers ask each other because of it
ARROWS = [
    ("wallet_address_get", "client", "s.wa"),
    ("wallet_address_get", "client", "r.wa"),
    ("grant_request", "client", "r.as"),
    ("jwks_get", "r.as", "c.wa"),
    ("incoming_payment_create", "client", "r.rs"),
    ("token_introspect", "r.rs", "r.as"),
    ("jwks_get", "r.rs", "c.wa"),
    ("grant_request", "client", "s.as"),
    ("jwks_get", "s.as", "c.wa"),
    ("quote_create", "client", "s.rs"),
    ("token_introspect", "s.rs", "s.as"),
    ("jwks_get", "s.rs", "c.wa"),
    ("incoming_payment_get_public", "s.rs", "r.rs"),
    ("grant_request", "s.rs", "r.as"),
    ("jwks_get", "r.as", "s.wa"),
    ("incoming_payment_get", "s.rs", "r.rs"),
    ("token_introspect", "r.rs", "r.as"),
    ("jwks_get", "r.rs", "s.wa"),
    ("grant_request", "client", "s.as"),
    ("jwks_get", "s.as", "c.wa"),
    ("wallet_address_get", "s.as", "c.wa"),
    ("interact_start", "client", "s.as"),
    ("idp_redirect", "client", "s.idp"),
    ("consent_get", "s.idp", "s.as"),
    ("consent_accept", "s.idp", "s.as"),
    ("interact_finish_request", "s.idp", "s.as"),
    ("finish_redirect", "s.idp", "client"),
    ("grant_continue", "client", "s.as"),
    ("jwks_get", "s.as", "c.wa"),
    ("outgoing_payment_create", "client", "s.rs"),
    ("token_introspect", "s.rs", "s.as"),
    ("jwks_get", "s.rs", "c.wa"),
    # the history
    ("outgoing_payment_get", "client", "s.rs"),
    ("outgoing_payment_list", "client", "s.rs"),
    ("incoming_payment_list", "client", "r.rs"),
    ("incoming_payment_get", "client", "r.rs"),
]


def test_each_arrow_is_drawn_in_the_order_of_the_protocol() -> None:
    trace = understood("02b-all-hops")
    steps = [trace.step(n) for n in range(1, len(trace) + 1)]
    seen = iter((step.operation, step.source, step.target) for step in steps)
    missing = [arrow for arrow in ARROWS if arrow not in seen]  # each is looked for behind the one before
    assert missing == []
    drawn = ladder_text(steps, 120, diagram=Diagram(hosts=trace.lane_hosts))
    assert len([line for line in drawn.splitlines() if line[:4].strip().isdigit()]) == len(steps)


def test_what_the_client_and_the_servers_do_by_themselves_stands_as_a_note() -> None:
    trace = understood("02b-all-hops")
    drawn = ladder_text([trace.step(n) for n in range(1, len(trace) + 1)], 120, diagram=Diagram(hosts=trace.lane_hosts))
    for note in ("session set up", "consent given"):
        assert note in drawn


def test_the_whole_payment_is_one_payment() -> None:
    payments = understood("02b-all-hops").payments
    paid = next(payment for payment in payments if payment.state == "paid")
    assert (paid.title, paid.amount) == ("gfranklin → planex", "11.32 USD")
    operations = {understood("02b-all-hops").step(n).operation for n in (*paid.exchanges, *paid.context)}
    assert {operation for operation, _, _ in ARROWS} <= operations
