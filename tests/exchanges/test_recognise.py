"""Which operation an exchange is: what was learned first, then paths and shapes, in a fixed order."""

from __future__ import annotations

import pytest

from optrace.exchanges import KINDS
from tests.exchanges.wire import GNAP, Taught, exchange, operation

RS, AS, WALLET = "https://rs.example/t", "https://as.example/t", "https://wallet.example/alice"
GRANT = {"access_token": {"access": [{"type": "quote", "actions": ["create"]}]}, "client": WALLET}
TOKEN = {"access_token": {"value": "T", "manage": f"{AS}/token/1", "access": []}}
DOCUMENT = {"id": WALLET, "assetCode": "USD", "assetScale": 2, "authServer": AS, "resourceServer": RS}
PREFLIGHT = (("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST"))
SPSP = ("Accept", "application/spsp4+json")

# nothing was learned: paths and shapes decide
BY_ITSELF = {
    "a preflight, even of a grant endpoint": (exchange("OPTIONS", AS, *PREFLIGHT, status=204), "cors_preflight"),
    "a wallet address": (exchange("GET", WALLET, got=DOCUMENT), "wallet_address_get"),
    "a wallet address without resourceServer": (
        exchange("GET", WALLET, got={k: v for k, v in DOCUMENT.items() if k != "resourceServer"}),
        "wallet_address_get",
    ),
    "SPSP before all": (exchange("GET", WALLET, SPSP, got=DOCUMENT), "spsp_get"),
    "keys": (exchange("GET", f"{WALLET}/jwks.json", got={"keys": []}), "jwks_get"),
    "keys that aren't there": (exchange("GET", f"{WALLET}/jwks.json", status=404), "jwks_get"),
    "a DID document": (exchange("GET", f"{WALLET}/did.json", status=404), "did_get"),
    "discovery by its answer": (exchange("OPTIONS", AS, got={"grant_request_endpoint": AS}), "as_discovery"),
    "Rafiki's discovery": (
        exchange("GET", "https://as.example/discovery", got={"grant_request_endpoint": "/"}),
        "as_discovery",
    ),
    "discovery for resource servers": (
        exchange("GET", "https://as.example/.well-known/gnap-as-rs", got={"grant_request_endpoint": AS}),
        "as_rs_discovery",
    ),
    "a new incoming payment": (exchange("POST", f"{RS}/incoming-payments", GNAP, sent={}), "incoming_payment_create"),
    "a trailing slash": (exchange("POST", f"{RS}/incoming-payments/", GNAP, sent={}), "incoming_payment_create"),
    "incoming payments": (
        exchange("GET", f"{RS}/incoming-payments?wallet-address=x", GNAP),
        "incoming_payment_list",
    ),
    "an incoming payment": (exchange("GET", f"{RS}/incoming-payments/1", GNAP), "incoming_payment_get"),
    "an incoming payment, refused": (
        exchange("GET", f"{RS}/incoming-payments/1", GNAP, status=401),
        "incoming_payment_get",
    ),
    "with a Bearer token, as some clients do": (
        exchange("GET", f"{RS}/incoming-payments/1", ("authorization", "Bearer T"), status=401),
        "incoming_payment_get",
    ),
    "without a token": (exchange("GET", f"{RS}/incoming-payments/1"), "incoming_payment_get_public"),
    "completed": (exchange("POST", f"{RS}/incoming-payments/1/complete", GNAP), "incoming_payment_complete"),
    "a quote asked for": (exchange("POST", f"{RS}/quotes", GNAP, sent={}), "quote_create"),
    "a quote": (exchange("GET", f"{RS}/quotes/1/", GNAP), "quote_get"),
    "a payment": (exchange("POST", f"{RS}/outgoing-payments", GNAP, sent={}, status=403), "outgoing_payment_create"),
    "a payment again": (exchange("GET", f"{RS}/outgoing-payments/1", GNAP), "outgoing_payment_get"),
    "payments": (exchange("GET", f"{RS}/outgoing-payments?wallet-address=x", GNAP), "outgoing_payment_list"),
    "what a grant spent": (exchange("GET", f"{RS}/outgoing-payment-grant", GNAP), "outgoing_payment_grant_get"),
    "no way to delete a quote": (exchange("PUT", f"{RS}/quotes/1", GNAP), "unknown"),
    "a grant request by its body": (exchange("POST", AS, sent=GRANT, got=TOKEN), "grant_request"),
    "a grant request for a subject": (exchange("POST", AS, sent={"client": {}, "subject": {}}), "grant_request"),
    "a grant request, refused": (exchange("POST", AS, sent=GRANT, status=401), "grant_request"),
    "no grant request without a client": (
        exchange("POST", AS, sent={"access_token": {"access": []}}, status=400),
        "unknown",
    ),
    "a continuation by its reference": (
        exchange("POST", "https://as.example/x", GNAP, sent={"interact_ref": "r"}),
        "grant_continue",
    ),
    "a poll by its path": (exchange("POST", f"{AS}/continue/1", GNAP), "grant_poll"),
    "a poll that forgot its token": (exchange("POST", f"{AS}/continue/1", status=401), "grant_poll"),
    "a poll with an empty object": (exchange("POST", f"{AS}/continue/1", GNAP, sent={}), "grant_poll"),
    "a grant changed": (exchange("PATCH", f"{AS}/continue/1", GNAP, sent={"access_token": {}}), "grant_modify"),
    "a grant given up": (exchange("DELETE", f"{AS}/continue/1", GNAP, status=204), "grant_cancel"),
    "a rotation by its path": (exchange("POST", f"{AS}/token/1", GNAP, got=TOKEN), "token_rotate"),
    "a revocation by its path": (exchange("DELETE", f"{AS}/token/1", GNAP, status=204), "token_revoke"),
    "a rotation by its answer": (exchange("POST", "https://as.example/m", GNAP, got=TOKEN), "token_rotate"),
    "a poll by its answer": (exchange("POST", "https://as.example/m", GNAP, got={"continue": {}}), "grant_poll"),
    "a revocation where nothing else is known": (exchange("DELETE", "https://as.example/m", GNAP), "token_revoke"),
    "introspection": (exchange("POST", "http://as.internal/", sent={"access_token": "T"}), "token_introspect"),
    "registration": (
        exchange("POST", "http://as.internal/r", sent={"resource_server": "r", "access": []}),
        "resource_set_register",
    ),
    "the interaction": (exchange("GET", f"{AS}/interact/i/n?clientName=x", status=302), "interact_start"),
    "its end": (exchange("GET", f"{AS}/interact/i/n/finish", status=302), "interact_finish_request"),
    "consent looked up": (exchange("GET", f"{AS}/grant/i/n"), "consent_get"),
    "consent given": (exchange("POST", f"{AS}/grant/i/n/accept", status=202), "consent_accept"),
    "consent refused": (exchange("POST", f"{AS}/grant/i/n/reject", status=202), "consent_reject"),
    "the finish": (exchange("GET", "https://shop.example/done?o=1&hash=h&interact_ref=r"), "finish_redirect"),
    "the finish after a no": (exchange("GET", "https://shop.example/done?result=grant_rejected"), "finish_redirect"),
    "some other result": (exchange("GET", "https://shop.example/done?result=win"), "unknown"),
    "the identity provider": (exchange("GET", "https://idp.example/?interactId=i&nonce=n"), "idp_redirect"),
    "a pushed finish": (
        exchange("POST", "https://shop.example/p", sent={"hash": "h", "interact_ref": "r"}),
        "finish_push",
    ),
    "a health check": (exchange("GET", "http://rs.internal/healthz"), "infra_health"),
    "GraphQL": (exchange("POST", "http://rs.internal/graphql", sent={"query": "{}"}), "infra_admin"),
    "a webhook": (
        exchange("POST", "http://shop.example/hook", ("Rafiki-Signature", "t=1, v1=x"), sent={}),
        "infra_admin",
    ),
    "a web page": (exchange("GET", "https://shop.example/", ("Accept", "text/html")), "unknown"),
    "anything": (exchange("BREW", "coffee:/pot", status=418), "unknown"),
}  # fmt: skip

# the same requests mean something once their URL was given out
LINKS = {
    "https://as.example/g": "grant_endpoint",
    "https://as.example/c/7": "continue",
    "https://as.example/m/7": "manage",
    "https://as.example/i/7": "interact",
    "https://idp.example/consent": "idp",
    "https://shop.example/done": "finish",
    "https://wallet.example/alice": "wallet_address",
    "https://rs.example/abc": "incoming_payment",
    "https://rs.example/def": "quote",
    "https://rs.example/ghi": "outgoing_payment",
}
LEARNED = [
    ("POST", "https://as.example/g", "grant_request"),
    ("OPTIONS", "https://as.example/g", "as_discovery"),
    ("POST", "https://as.example/c/7", "grant_poll"),
    ("PATCH", "https://as.example/c/7", "grant_modify"),
    ("DELETE", "https://as.example/c/7", "grant_cancel"),
    ("POST", "https://as.example/m/7", "token_rotate"),
    ("DELETE", "https://as.example/m/7", "token_revoke"),
    ("GET", "https://as.example/i/7", "interact_start"),
    ("GET", "https://idp.example/consent", "idp_redirect"),
    ("GET", "https://shop.example/done", "finish_redirect"),
    ("POST", "https://shop.example/done", "finish_push"),
    ("GET", "https://wallet.example/alice", "wallet_address_get"),
    ("GET", "https://rs.example/def", "quote_get"),
    ("GET", "https://rs.example/ghi", "outgoing_payment_get"),
]
LOOK_ALIKES = {
    "as it was given out": lambda url: url,
    "with a slash at its end": lambda url: f"{url}/",
    "over the other scheme": lambda url: url.replace("https:", "http:"),
    "with its default port": lambda url: url.replace(".example", ".example:443"),
    "in capitals": lambda url: url.replace("https://", "HTTPS://").replace(".example", ".EXAMPLE"),
    "with a query": lambda url: f"{url}?x=1",
    "with a fragment": lambda url: f"{url}#x",
}


@pytest.mark.parametrize("name", BY_ITSELF)
def test_an_exchange_by_itself(name: str) -> None:
    seen, expected = BY_ITSELF[name]
    assert operation(seen) == expected


@pytest.mark.parametrize("alike", LOOK_ALIKES)
@pytest.mark.parametrize(("method", "url", "expected"), LEARNED)
def test_a_url_that_was_given_out(method: str, url: str, expected: str, alike: str) -> None:
    headers = () if method in ("GET", "OPTIONS") else (GNAP,)
    seen = exchange(method, LOOK_ALIKES[alike](url), *headers)
    assert operation(seen, Taught(LINKS)) == expected
    assert operation(exchange(method, LOOK_ALIKES[alike](url), *headers, status=401), Taught(LINKS)) == expected


def test_two_slashes_are_another_url() -> None:
    assert operation(exchange("GET", "https://rs.example/def//"), Taught(LINKS)) == "unknown"


def test_a_continue_url_splits_on_what_is_sent() -> None:
    url, known = "https://as.example/c/7", Taught(LINKS)
    assert operation(exchange("POST", url, GNAP, sent={"interact_ref": "r"}), known) == "grant_continue"
    assert operation(exchange("POST", url, GNAP, sent={}), known) == "grant_poll"
    assert operation(exchange("POST", url, GNAP, sent=b"not JSON"), known) == "grant_poll"


def test_an_incoming_payment_splits_on_the_token() -> None:
    url, known = "https://rs.example/abc", Taught(LINKS)
    assert operation(exchange("GET", url, GNAP), known) == "incoming_payment_get"
    assert operation(exchange("GET", url), known) == "incoming_payment_get_public"


@pytest.mark.parametrize(
    ("method", "known", "expected"),
    [
        ("POST", Taught(continuation=("TOKEN",)), "grant_poll"),
        ("POST", Taught(access=("TOKEN",)), "token_rotate"),
        ("DELETE", Taught(continuation=("TOKEN",)), "grant_cancel"),
        ("DELETE", Taught(access=("TOKEN",)), "token_revoke"),
        ("POST", Taught(), "unknown"),
    ],
)
@pytest.mark.parametrize("scheme", ["GNAP", "Bearer", "gnap"])
def test_the_token_decides_where_the_url_says_nothing(method: str, known: Taught, expected: str, scheme: str) -> None:
    seen = exchange(method, "https://as.example/opaque", ("Authorization", f"{scheme} TOKEN"), status=401)
    assert operation(seen, known) == expected


def test_the_path_goes_before_the_token() -> None:
    """A continuation token at a manage URL is a mistake that must be seen as one."""
    known = Taught(continuation=("TOKEN",), access=("ACCESS",))
    assert operation(exchange("POST", f"{AS}/token/1", GNAP, status=401), known) == "token_rotate"
    access = ("Authorization", "GNAP ACCESS")
    assert operation(exchange("POST", f"{AS}/continue/1", access, status=401), known) == "grant_poll"


def test_any_path_at_a_wallet_host_is_a_wallet_address() -> None:
    known = Taught(wallets=("https://wallet.example",))
    assert operation(exchange("GET", "https://wallet.example/nobody", status=404), known) == "wallet_address_get"
    assert operation(exchange("GET", "http://WALLET.example/nobody", status=404), known) == "wallet_address_get"
    assert operation(exchange("GET", "https://wallet.example/nobody", status=None), known) == "wallet_address_get"
    for other in (
        exchange("GET", "https://other.example/nobody", status=404),
        exchange("GET", "https://wallet.example/app.js", status=404),
        exchange("GET", "https://wallet.example/nobody?x=1", status=404),
        exchange("GET", "https://wallet.example/page", ("Accept", "text/html"), status=404),
        exchange("GET", "https://wallet.example/thing", got={"thing": 1}),
        exchange("POST", "https://wallet.example/nobody", sent={}, status=404),
    ):
        assert operation(other, known) == "unknown", other.request


def test_the_answer_may_change_what_a_request_was_taken_for() -> None:
    in_flight = exchange("GET", WALLET, status=None)
    assert operation(in_flight) == "unknown"
    assert operation(exchange("GET", WALLET, got=DOCUMENT)) == "wallet_address_get"


def test_each_operation_is_recognised_somewhere_here() -> None:
    seen = {expected for _, expected in BY_ITSELF.values()} | {expected for *_, expected in LEARNED}
    assert seen == set(KINDS.names())
