"""One payment with every hop, as steps: from the wallet addresses to the settled outgoing payment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from optrace.core.findings import Finding, Severity, Verdict
from optrace.core.specs import RFC9421
from optrace.session.steps import ByProfile, Step, Verdicts

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

HOSTS = {
    "s.wa": ("alice.example",),
    "s.as": ("auth.alice.example",),
    "s.rs": ("rs.alice.example",),
    "s.idp": ("idp.alice.example",),
    "client": ("shop.example",),
    "c.wa": ("shop.example",),
    "r.wa": ("bob.example",),
    "r.as": ("bob.example",),
    "r.rs": ("bob.example",),
}

PASS = ByProfile(Verdict.PASS, Verdict.PASS, Verdict.PASS)
FAIL = ByProfile(Verdict.FAIL, Verdict.FAIL, Verdict.FAIL)
DIFFERS = ByProfile(Verdict.FAIL, Verdict.PASS, Verdict.PASS)
UNCHECKED = ByProfile(Verdict.UNCHECKED, Verdict.UNCHECKED, Verdict.UNCHECKED)

SIGNED = Verdicts(signature=PASS)
SIGNED_BODY = Verdicts(signature=PASS, digest=PASS)

TRAILING_SLASH = Finding(
    rule="SIG-003",
    severity=Severity.ERROR,
    title="The signature was made over another URL",
    detail='It verifies with "@target-uri" ending in a slash.',
    remedy="Sign the exact URL that goes on the wire.",
    spec=RFC9421("2.2.2"),
)

# operation, from, to, method, path, status, label, verdicts, milliseconds after the row before
_ROWS = (
    ("wallet_address_get", "client", "r.wa", "GET", "/bob", 200, "GET wallet address bob", Verdicts(), 0),
    ("wallet_address_get", "client", "s.wa", "GET", "/alice", 200, "GET wallet address alice", Verdicts(), 31),
    ("grant_request", "client", "r.as", "POST", "/as", 200, "grant incoming-payment", SIGNED_BODY, 44),
    ("jwks_get", "r.as", "c.wa", "GET", "/jwks.json", 200, "GET jwks.json", Verdicts(), 6),
    ("incoming_payment_create", "client", "r.rs", "POST", "/incoming-payments", 201,
     "POST incoming-payment 25.00 USD", SIGNED_BODY, 61),
    ("token_introspect", "r.rs", "r.as", "POST", "/introspect", 200, "introspect token", Verdicts(), 4),
    ("grant_request", "client", "s.as", "POST", "/", 200, "grant quote", SIGNED_BODY, 39),
    ("quote_create", "client", "s.rs", "POST", "/quotes", 201, "POST quote 25.50 USD", SIGNED_BODY, 83),
    ("incoming_payment_get_public", "s.rs", "r.rs", "GET", "/incoming-payments/1", 200,
     "GET incoming-payment (public)", Verdicts(), 12),
    ("grant_request", "client", "s.as", "POST", "/", 200, "grant outgoing-payment", SIGNED_BODY, 52),
    ("interact_start", "client", "s.as", "GET", "/interact/1/n", 302, "interact start", Verdicts(), 410),
    ("idp_redirect", "client", "s.idp", "GET", "/consent", 200, "consent page", Verdicts(), 35),
    ("consent_get", "s.idp", "s.as", "GET", "/grant/1/n", 200, "consent: look up", Verdicts(), 90),
    ("consent_accept", "s.idp", "s.as", "POST", "/grant/1/n/accept", 202, "consent: accept",
     Verdicts(), 14_300),
    ("interact_finish_request", "s.idp", "s.as", "GET", "/interact/1/n/finish", 302,
     "interact finish", Verdicts(), 8),
    ("finish_redirect", "s.idp", "client", "GET", "/done?hash=h&interact_ref=r", 200,
     "finish redirect", Verdicts(hash=DIFFERS), 22),
    ("grant_continue", "client", "s.as", "POST", "/continue/1", 200, "continue", SIGNED_BODY, 47),
    ("outgoing_payment_create", "client", "s.rs", "POST", "/outgoing-payments", 401,
     "POST outgoing-payment 25.50 USD", Verdicts(signature=FAIL, digest=PASS), 22),
    ("outgoing_payment_create", "client", "s.rs", "POST", "/outgoing-payments", 201,
     "POST outgoing-payment 25.50 USD", SIGNED_BODY, 65_000),
    ("outgoing_payment_get", "client", "s.rs", "GET", "/outgoing-payments/9", 403,
     "GET outgoing-payment", SIGNED, 350),
    ("token_rotate", "client", "s.as", "POST", "/token/1", 200, "rotate token",
     Verdicts(signature=UNCHECKED), 120),
    ("token_revoke", "client", "s.as", "DELETE", "/token/2", 204, "revoke token", SIGNED, 77),
)  # fmt: skip


def journey() -> list[Step]:
    """The steps of the whole payment; number 18 carries the finding, 19 tries again, the last waits for its answer."""
    steps: list[Step] = []
    at = START
    for n, (operation, source, target, method, path, status, label, verdicts, wait) in enumerate(_ROWS, 1):
        at += timedelta(milliseconds=wait)
        steps.append(
            Step(
                n=n,
                operation=operation,
                source=source,
                target=target,
                payment=1,
                method=method,
                url=f"https://{HOSTS[target][0]}{path}",
                status=status,
                started=at,
                ended=at + timedelta(milliseconds=20),
                label=label,
                verdicts=verdicts,
                findings=(TRAILING_SLASH,) if n == 18 else (),
                retry_of=18 if n == 19 else None,
            )
        )
    steps.append(
        Step(
            n=len(steps) + 1,
            operation="outgoing_payment_list",
            source="client",
            target="s.rs",
            payment=1,
            method="GET",
            url="/outgoing-payments",
            started=at + timedelta(seconds=2),
            label="GET outgoing-payments",
            verdicts=SIGNED,
        )
    )
    return steps
