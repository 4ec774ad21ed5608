"""What is asked of a client: proof of its key, tokens, the order of its calls, and its documents."""

from __future__ import annotations

from datetime import UTC

from optrace.core.findings import Verdict
from optrace.core.scalars import parse_timestamp
from optrace.core.specs import RFC9421, RFC9530, RFC9635, OpenPayments, SpecRef
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.diagnosis.requirements.operations import (
    CONTINUATIONS,
    CREATIONS,
    LISTS,
    MANAGEMENT,
    RESOURCE_CALLS,
    SIGNED,
    WITH_BODY,
    dead,
    expired,
    waited,
)
from optrace.diagnosis.requirements.requirement import Ledger, Level, Requirement, requirement, same_url
from optrace.diagnosis.subject import own_signature
from optrace.exchanges.models import problems_of, read_request
from optrace.exchanges.view import access_items, client_of, dig, text
from optrace.gnap.tokens import parse_authorization
from optrace.signatures.keys import KeyState, read_jwks

_FRESH = 300  # seconds that `created` may lie off the time of sending
_PROOF = RFC9635("7.3.1")
_KEYS = OpenPayments("identity/client-keys")


@requirement("C-01", "Sign each call to an authorization server, and each with a token", RFC9635("7.3"), SIGNED)
def signed(case: Case, _: Ledger) -> bool | None:
    return case.verification is not None and case.verification.signed


@requirement("C-02", "The signature is one by the client's key over the message", RFC9421("3.2"), SIGNED)
def verifies(case: Case, _: Ledger) -> bool | None:
    return _VERDICTS.get(case.row.verdicts.signature.rfc)


_VERDICTS = {Verdict.PASS: True, Verdict.DIFFERS: True, Verdict.FAIL: False}


@requirement("C-03", "The signature covers @method and @target-uri", _PROOF, SIGNED)
def covers_target(case: Case, _: Ledger) -> bool | None:
    return _covers(case, "@method", "@target-uri")


@requirement("C-04", "The signature covers Authorization where a token is sent", _PROOF, SIGNED)
def covers_authorization(case: Case, _: Ledger) -> bool | None:
    return _covers(case, "authorization") if case.view.authorization is not None else None


def _covers(case: Case, *names: str) -> bool | None:
    seen = own_signature(case)
    return None if seen is None else set(names) <= seen.covered


@requirement("C-05", "A body comes with a Content-Digest", _PROOF, WITH_BODY)
def digest_sent(case: Case, _: Ledger) -> bool | None:
    return "content-digest" in case.exchange.request.fields if case.exchange.request.body else None


@requirement("C-06", "The signature covers content-digest where there is a body", _PROOF, WITH_BODY)
def covers_digest(case: Case, _: Ledger) -> bool | None:
    return _covers(case, "content-digest") if case.exchange.request.body else None


@requirement("C-07", "Content-Digest is that of the body", RFC9530("2"), WITH_BODY)
def digest_fits(case: Case, _: Ledger) -> bool | None:
    return _VERDICTS.get(case.row.verdicts.digest.rfc)


@requirement("C-08", "The signature says when it was created", _PROOF, SIGNED)
def created(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None else seen.params is not None and seen.params.created is not None


@requirement("C-09", "`created` is the time of sending, within five minutes", _PROOF, SIGNED, level=Level.SHOULD)
def created_now(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    if seen is None or seen.params is None or seen.params.created is None:
        return None
    return abs(case.started.timestamp() - seen.params.created) <= _FRESH


@requirement("C-10", "The signature names its key with `keyid`", _PROOF, SIGNED)
def keyid(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None else seen.params is not None and bool(seen.params.keyid)


@requirement("C-11", "`keyid` is the `kid` of a key that the client publishes", _KEYS, SIGNED)
def keyid_published(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    if seen is None or seen.params is None or not seen.params.keyid or case.keys.state is not KeyState.KNOWN:
        return None
    return case.keys.find(seen.params.keyid) is not None


@requirement("C-12", "The key is an Ed25519 key", _KEYS, SIGNED)
def ed25519(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None or seen.key is None else seen.key.algorithm == "ed25519"


@requirement("C-13", "The signature has no `alg` parameter", _PROOF, SIGNED, profiles=("rfc",))
def no_alg(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None or seen.params is None else seen.params.alg is None


@requirement("C-14", 'The signature has tag="gnap"', _PROOF, SIGNED, profiles=("rfc",))
def tag(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None or seen.params is None else seen.params.tag == "gnap"


@requirement("C-15", "The signature's label is sig1", SpecRef("Rafiki"), SIGNED, profiles=("rafiki",))
def label(case: Case, _: Ledger) -> bool | None:
    seen = own_signature(case)
    return None if seen is None else seen.label in ("sig1", None)


@requirement("C-16", "A token is sent as `Authorization: GNAP <token>`", RFC9635("7.2"), SIGNED)
def scheme(case: Case, _: Ledger) -> bool | None:
    if case.kind.token is None:
        return None
    found = parse_authorization(case.view.authorization)
    return found is not None and not found.faults


@requirement(
    "C-17",
    "Continuation tokens go to continue.uri only, access tokens to resource servers and their manage URL",
    RFC9635("5"),
    SIGNED,
)
def right_kind(case: Case, _: Ledger) -> bool | None:
    return None if case.token is None or case.kind.token is None else case.token.kind == case.kind.token


@requirement("C-18", "A token isn't used after it was rotated, revoked or cancelled", RFC9635("6.1"), SIGNED)
def not_dead(case: Case, _: Ledger) -> bool | None:
    return None if case.token is None else not dead(case.token, case)


@requirement("C-19", "An access token isn't used after it has expired", RFC9635("3.2.1"), RESOURCE_CALLS)
def not_expired(case: Case, _: Ledger) -> bool | None:
    return None if case.token is None or case.token.expires_in is None else not expired(case.token, case)


@requirement(
    "C-20", "A grant isn't continued before its `wait` is over", RFC9635("5"), ("grant_continue", "grant_poll")
)
def wait(case: Case, _: Ledger) -> bool | None:
    return waited(case)


@requirement(
    "C-21",
    "A grant with a finish URI is continued with an interaction reference",
    RFC9635("5.1"),
    ("grant_continue", "grant_poll"),
)
def with_reference(case: Case, _: Ledger) -> bool | None:
    if case.grant is None or not case.grant.finish_uri:
        return None
    return text(case.view.sent.get("interact_ref")) is not None


@requirement(
    "C-22", "The interaction reference is the one that this grant's finish brought", RFC9635("5.1"), ("grant_continue",)
)
def own_reference(case: Case, _: Ledger) -> bool | None:
    reference = text(case.view.sent.get("interact_ref"))
    if case.grant is None or reference is None or not case.grant.interact_refs:
        return None
    return reference in case.grant.interact_refs


@requirement(
    "C-23", "A finish whose hash is wrong isn't followed by a continuation", RFC9635("4.2.3"), ("finish_redirect",)
)
def hash_checked(case: Case, _: Ledger) -> bool | None:
    by = case.row.verdicts.hash
    if case.grant is None or not (by.rfc is by.open_payments is by.rafiki is Verdict.FAIL):
        return None
    later = (case.trace.row(n) for n in case.grant.rows if n > case.row.n)
    return not any(row.operation == "grant_continue" for row in later)


@requirement("C-24", "continue.uri is used as it was given", RFC9635("5"), CONTINUATIONS)
def continue_uri(case: Case, _: Ledger) -> bool | None:
    if case.grant is None or not case.grant.continue_uri or case.grant.n >= case.row.n:
        return None
    return same_url(case.view.url, case.grant.continue_uri)


@requirement("C-25", "The manage URL is used as it was given", RFC9635("6"), MANAGEMENT)
def manage_url(case: Case, _: Ledger) -> bool | None:
    if case.grant is None:
        return None
    given = [token.manage for token in case.grant.tokens if token.manage and token.born < case.row.n]
    return any(same_url(case.view.url, url) for url in given) if given else None


@requirement("C-26", "interact.redirect is opened as it was given", RFC9635("4.1"), ("interact_start",))
def interact_uri(case: Case, _: Ledger) -> bool | None:
    if case.grant is None or not case.grant.interact_uri:
        return None
    return same_url(case.view.url, case.grant.interact_uri)


@requirement("C-27", "Each grant request has a finish nonce of its own", RFC9635("2.5.2"), ("grant_request",))
def nonce(case: Case, ledger: Ledger) -> bool | None:
    sent = text(dig(case.view.sent, "interact", "finish", "nonce"))
    return None if sent is None else ledger.first(sent, case.row.n)


@requirement(
    "C-28", "Requests to the authorization server fit the schema", RFC9635("2"), ("grant_request", "grant_continue")
)
def fits_grant(case: Case, _: Ledger) -> bool | None:
    return _fits(case)


@requirement("C-29", "Requests to the resource server fit the schema", OpenPayments("concepts/resources"), CREATIONS)
def fits_resource(case: Case, _: Ledger) -> bool | None:
    return _fits(case)


def _fits(case: Case) -> bool | None:
    reading = read_request(case.view, case.row.operation)
    return None if reading is None else not problems_of(reading)


@requirement("C-30", "A grant request says who the client is", RFC9635("2.3"), ("grant_request",))
def names_client(case: Case, _: Ledger) -> bool | None:
    return client_of(case.view) is not None or isinstance(dig(case.view.sent, "client", "jwk"), dict)


@requirement(
    "C-31",
    "Access to outgoing payments says whose wallet address it is",
    OpenPayments("identity/grants"),
    ("grant_request",),
)
def identifier(case: Case, _: Ledger) -> bool | None:
    items = [item for item in access_items(case.view) if item.get("type") == "outgoing-payment"]
    return all(text(item.get("identifier")) for item in items) if items else None


@requirement(
    "C-32",
    "A grant request for outgoing payments offers an interaction",
    OpenPayments("identity/grants"),
    ("grant_request",),
)
def interact(case: Case, _: Ledger) -> bool | None:
    items = access_items(case.view)
    if not any(item.get("type") == "outgoing-payment" for item in items):
        return None
    return isinstance(case.view.sent.get("interact"), dict)


@requirement(
    "C-33",
    "Limits have a debitAmount or a receiveAmount, never both",
    OpenPayments("identity/grants"),
    ("grant_request",),
)
def one_limit(case: Case, _: Ledger) -> bool | None:
    limits = [found for item in access_items(case.view) if isinstance(found := item.get("limits"), dict)]
    return not any("debitAmount" in one and "receiveAmount" in one for one in limits) if limits else None


@requirement("C-34", "A JSON body says that it is one", SpecRef("RFC 9110", "8.3"), WITH_BODY)
def content_type(case: Case, _: Ledger) -> bool | None:
    if not case.exchange.request.body:
        return None
    return "json" in (case.exchange.request.fields.get("content-type") or "").lower()


@requirement(
    "C-35", "Grant requests go to the authServer of a wallet address", OpenPayments("concepts/auth"), ("grant_request",)
)
def auth_server(case: Case, _: Ledger) -> bool | None:
    given = [wallet.auth_server for wallet in case.memory.places.wallets.values() if wallet.auth_server]
    return any(canonical(url) == case.view.key for url in given) if given else None


@requirement(
    "C-36",
    "Resource calls go under the resourceServer of a wallet address",
    OpenPayments("concepts/resources"),
    RESOURCE_CALLS,
)
def resource_server(case: Case, _: Ledger) -> bool | None:
    given = [wallet.resource_server for wallet in case.memory.places.wallets.values() if wallet.resource_server]
    return any(case.view.key.startswith(f"{canonical(url)}/") for url in given) if given else None


@requirement(
    "C-37", "A quote isn't paid after it has expired", OpenPayments("concepts/resources"), ("outgoing_payment_create",)
)
def quote_in_time(case: Case, _: Ledger) -> bool | None:
    quote = text(case.view.sent.get("quoteId"))
    born = case.memory.birth(quote) if quote else None
    answer = case.other(born) if born is not None else None
    ends = text(answer.got.get("expiresAt")) if answer else None
    end = parse_timestamp(ends) if ends else None
    return None if end is None else case.started.astimezone(UTC) <= end


@requirement("C-38", "A quote is paid once", OpenPayments("concepts/resources"), ("outgoing_payment_create",))
def quote_once(case: Case, ledger: Ledger) -> bool | None:
    quote = text(case.view.sent.get("quoteId"))
    if quote is None:
        return None
    if not case.view.succeeded:
        return False if quote in ledger.values else None
    return ledger.first(quote, case.row.n)


@requirement(
    "C-39", "A page is asked for with `first` or with `last` and a cursor", OpenPayments("concepts/resources"), LISTS
)
def page(case: Case, _: Ledger) -> bool | None:
    asked = dict(case.view.parts.parameters())
    if not {"first", "last"} & asked.keys():
        return None
    return not ("first" in asked and "last" in asked) and ("last" not in asked or "cursor" in asked)


@requirement(
    "C-40", "The client's JWKS holds Ed25519 keys with kid, alg and x, and nothing private", _KEYS, ("jwks_get",)
)
def jwks(case: Case, _: Ledger) -> bool | None:
    if not case.view.succeeded or case.exchange.response is None or case.exchange.response.body is None:
        return None
    found = read_jwks("", case.exchange.response.body)
    private = any("d" in key.jwk for key in found.keys)
    return found.state is KeyState.KNOWN and found.schema_error is None and not private


CLIENT: tuple[Requirement, ...] = (
    signed, verifies, covers_target, covers_authorization, digest_sent, covers_digest, digest_fits, created,
    created_now, keyid, keyid_published, ed25519, no_alg, tag, label, scheme, right_kind, not_dead, not_expired, wait,
    with_reference, own_reference, hash_checked, continue_uri, manage_url, interact_uri, nonce, fits_grant,
    fits_resource, names_client, identifier, interact, one_limit, content_type, auth_server, resource_server,
    quote_in_time, quote_once, page, jwks,
)  # fmt: skip
