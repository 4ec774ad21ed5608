"""What is asked of an authorization server."""

from __future__ import annotations

from optrace.core.findings import Verdict
from optrace.core.specs import RFC9635, OpenPayments, SpecRef
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.diagnosis.requirements.operations import (
    AUTH_CALLS,
    CONTINUATIONS,
    FINISHES,
    allows,
    cancelled,
    dead,
    expired,
    waited,
    wrong_for_all,
)
from optrace.diagnosis.requirements.requirement import Ledger, Level, Requirement, requirement
from optrace.exchanges.interaction import finish_query
from optrace.exchanges.models import problems_of, read_response
from optrace.exchanges.view import access_items, dig, text
from optrace.gnap.problems import CODES

_ANSWERS = ("grant_request", "grant_continue", "grant_poll", "token_rotate")
_GRANT_ANSWERS = ("grant_request", "grant_continue", "grant_poll")


@requirement("A-01", "Answers fit the schema", RFC9635("3"), _ANSWERS)
def fits(case: Case, _: Ledger) -> bool | None:
    reading = read_response(case.view, case.row.operation) if case.view.succeeded else None
    return None if reading is None else not problems_of(reading)


@requirement("A-02", "Answers with grants and tokens aren't to be cached", RFC9635("3"), _ANSWERS, profiles=("rfc",))
def no_store(case: Case, _: Ledger) -> bool | None:
    if not case.view.succeeded or case.exchange.response is None:
        return None
    return "no-store" in (case.exchange.response.fields.combined("cache-control") or "").lower()


@requirement(
    "A-03", "Who has to wait for a consent gets a URL and a token to continue with", RFC9635("3.1"), ("grant_request",)
)
def continuation(case: Case, _: Ledger) -> bool | None:
    if not case.view.succeeded or "interact" not in case.view.got:
        return None
    given = dig(case.view.got, "continue", "uri"), dig(case.view.got, "continue", "access_token", "value")
    return all(text(value) for value in given)


@requirement(
    "A-04",
    "A finish that the client asked for is answered with the server's nonce",
    RFC9635("3.3.5"),
    ("grant_request",),
)
def finish_nonce(case: Case, _: Ledger) -> bool | None:
    if not case.view.succeeded or "interact" not in case.view.got or not dig(case.view.sent, "interact", "finish"):
        return None
    return text(dig(case.view.got, "interact", "finish")) is not None


@requirement("A-05", "Each interaction has a nonce of its own", RFC9635("3.3.5"), ("grant_request",))
def unique_nonce(case: Case, ledger: Ledger) -> bool | None:
    given = text(dig(case.view.got, "interact", "finish")) if case.view.succeeded else None
    return None if given is None else ledger.first(given, case.row.n)


@requirement("A-06", "`wait` is five seconds or more", RFC9635("3.1"), _GRANT_ANSWERS, level=Level.SHOULD)
def wait(case: Case, _: Ledger) -> bool | None:
    given = dig(case.view.got, "continue", "wait")
    return given >= 5 if isinstance(given, int) and not isinstance(given, bool) else None


@requirement("A-07", "No more access is given than was asked for", RFC9635("3.2.1"), _GRANT_ANSWERS)
def no_more_access(case: Case, _: Ledger) -> bool | None:
    given = access_items(case.view, of_response=True) if case.view.succeeded else []
    if not given or case.grant is None or not case.grant.access or case.grant.n > case.row.n:
        return None
    for item in given:
        actions = item.get("actions")
        for action in actions if isinstance(actions, list) else []:
            if not any(allows(asked, str(item.get("type")), str(action)) for asked in case.grant.access):
                return False
    return True


@requirement("A-08", "Continuation and access tokens are different", RFC9635("3.1"), _GRANT_ANSWERS)
def tokens_differ(case: Case, _: Ledger) -> bool | None:
    access = text(dig(case.view.got, "access_token", "value"))
    continued = text(dig(case.view.got, "continue", "access_token", "value"))
    return access != continued if access and continued else None


@requirement("A-09", "Access tokens come with the URL that manages them", OpenPayments("identity/grants"), _ANSWERS)
def manage(case: Case, _: Ledger) -> bool | None:
    if text(dig(case.view.got, "access_token", "value")) is None:
        return None
    given = dig(case.view.got, "access_token", "manage")
    return text(given) is not None or text(dig(given, "uri")) is not None


@requirement(
    "A-10",
    "Outgoing payments aren't granted without the user's consent",
    OpenPayments("identity/grants"),
    ("grant_request",),
)
def consent(case: Case, _: Ledger) -> bool | None:
    asked = any(item.get("type") == "outgoing-payment" for item in access_items(case.view))
    return "access_token" not in case.view.got if asked and case.view.succeeded else None


@requirement("A-11", "The hash of a finish is right", RFC9635("4.2.3"), FINISHES)
def right_hash(case: Case, _: Ledger) -> bool | None:
    return {Verdict.PASS: True, Verdict.DIFFERS: False, Verdict.FAIL: False}.get(case.row.verdicts.hash.open_payments)


@requirement("A-12", "A finish goes to the URI that the client gave", RFC9635("4.2.1"), ("interact_finish_request",))
def finish_uri(case: Case, _: Ledger) -> bool | None:
    if case.grant is None or not case.grant.finish_uri or not case.view.location:
        return None
    return canonical(case.view.location.partition("?")[0]) == canonical(case.grant.finish_uri.partition("?")[0])


@requirement("A-13", "Each finish has an interaction reference of its own", RFC9635("4.2"), FINISHES)
def unique_reference(case: Case, ledger: Ledger) -> bool | None:
    reference = finish_query(case.view).get("interact_ref")
    if reference is None:
        return None
    first = ledger.values.setdefault(reference, case.row.n)
    return first == case.row.n or case.trace.row(first).grant is case.grant  # the same finish may be asked for twice


@requirement("A-14", "A refusal has one of the error codes", RFC9635("3.6"), AUTH_CALLS)
def error_code(case: Case, _: Ledger) -> bool | None:
    return case.code in CODES if case.refused else None


@requirement("A-15", "A call that isn't signed, or wrongly, is refused", RFC9635("7.3.1"), AUTH_CALLS)
def refuses_unproven(case: Case, _: Ledger) -> bool | None:
    unsigned = case.verification is None or not case.verification.signed
    return case.refused if unsigned or wrong_for_all(case) else None


@requirement("A-16", "A continuation before `wait` is over is refused", RFC9635("5"), ("grant_continue", "grant_poll"))
def refuses_too_fast(case: Case, _: Ledger) -> bool | None:
    return case.refused if waited(case) is False else None


@requirement("A-17", "A continuation without a living continuation token is refused", RFC9635("5"), CONTINUATIONS)
def refuses_other_tokens(case: Case, _: Ledger) -> bool | None:
    if case.view.token is None:
        return case.refused
    if case.token is None or (case.token.kind == "continuation" and not cancelled(case.token.grant, case)):
        return None
    return case.refused


@requirement("A-18", "A rotation gives a new token", RFC9635("6.1"), ("token_rotate",))
def new_token(case: Case, _: Ledger) -> bool | None:
    given = text(dig(case.view.got, "access_token", "value")) if case.view.succeeded else None
    return None if given is None else given != case.view.token


@requirement("A-19", "A rotation keeps the access", RFC9635("6.1"), ("token_rotate",))
def keeps_access(case: Case, _: Ledger) -> bool | None:
    given = access_items(case.view, of_response=True) if case.view.succeeded else []
    if not given or case.token is None or not case.token.access:
        return None
    return list(map(dict, given)) == list(map(dict, case.token.access))


@requirement("A-20", "A revocation is answered with 204", RFC9635("6.2"), ("token_revoke",))
def revoked(case: Case, _: Ledger) -> bool | None:
    return None if case.status is None or case.refused else case.status == 204


@requirement("A-21", "Giving up a grant is answered with 204", RFC9635("5.4"), ("grant_cancel",))
def given_up(case: Case, _: Ledger) -> bool | None:
    return None if case.status is None or case.refused else case.status == 204


@requirement("A-22", "Who said no gives no token", RFC9635("4.2"), ("grant_continue", "grant_poll"))
def no_means_no(case: Case, _: Ledger) -> bool | None:
    if case.grant is None:
        return None
    said = (case.other(n) for n in case.grant.rows if n < case.row.n)
    rejected = any(view is not None and finish_query(view).get("result") == "grant_rejected" for view in said)
    return "access_token" not in case.view.got if rejected else None


@requirement(
    "A-23", "A dead token is not active, a living one is known", SpecRef("RFC 9767", "3.3"), ("token_introspect",)
)
def introspection(case: Case, _: Ledger) -> bool | None:
    token = case.memory.tokens.get(text(case.view.sent.get("access_token")) or "")
    active = case.view.got.get("active")
    if token is None or token.born > case.row.n or not isinstance(active, bool):
        return None
    if dead(token, case) or expired(token, case) or token.kind != "access":
        return not active
    return True if active else None  # it may have been asked for more than the token allows


AUTHORIZATION_SERVER: tuple[Requirement, ...] = (
    fits, no_store, continuation, finish_nonce, unique_nonce, wait, no_more_access, tokens_differ, manage, consent,
    right_hash, finish_uri, unique_reference, error_code, refuses_unproven, refuses_too_fast, refuses_other_tokens,
    new_token, keeps_access, revoked, given_up, no_means_no, introspection,
)  # fmt: skip
