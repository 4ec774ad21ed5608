"""What is asked of a resource server, and of the server of wallet addresses."""

from __future__ import annotations

from typing import Any

from optrace.core.decode import Decoded, decode
from optrace.core.specs import RFC9635, OpenPayments
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.diagnosis.requirements.operations import (
    CREATIONS,
    LISTS,
    RESOURCE_CALLS,
    allows,
    dead,
    expired,
    need,
    wrong_for_all,
)
from optrace.diagnosis.requirements.requirement import Ledger, Level, Requirement, requirement
from optrace.exchanges.models import problems_of, read_response
from optrace.exchanges.view import dig, text
from optrace.gnap.challenge import parse_challenge
from optrace.openpayments.amount import Amount

_RESOURCES = OpenPayments("concepts/resources")
_PUBLIC = ("incoming_payment_get_public",)
_GETS = ("incoming_payment_get", "quote_get", "outgoing_payment_get")


@requirement("R-01", "Answers fit the schema", _RESOURCES, (*RESOURCE_CALLS, *_PUBLIC))
def fits(case: Case, _: Ledger) -> bool | None:
    reading = read_response(case.view, case.row.operation) if case.view.succeeded else None
    return None if reading is None else not problems_of(reading)


@requirement("R-02", "What was created is answered with 201", _RESOURCES, CREATIONS)
def created(case: Case, _: Ledger) -> bool | None:
    return case.status == 201 if case.view.succeeded else None


@requirement("R-03", "A call without a token is refused", RFC9635("7.2"), RESOURCE_CALLS)
def refuses_tokenless(case: Case, _: Ledger) -> bool | None:
    return case.refused if case.view.authorization is None and case.status is not None else None


@requirement(
    "R-04", "Who comes without a good token is told the authorization server", RFC9635("9.1"), RESOURCE_CALLS,
    level=Level.SHOULD,
)  # fmt: skip
def challenge(case: Case, _: Ledger) -> bool | None:
    good = case.token is not None and not dead(case.token, case) and not expired(case.token, case)
    if case.status != 401 or good or case.exchange.response is None:
        return None
    found = parse_challenge(case.exchange.response.fields.get("www-authenticate"))
    return found is not None and bool(found.as_uri)


@requirement("R-05", "A dead or expired token is refused", RFC9635("6"), RESOURCE_CALLS)
def refuses_dead(case: Case, _: Ledger) -> bool | None:
    if case.token is None or not (dead(case.token, case) or expired(case.token, case)):
        return None
    return case.refused


@requirement("R-06", "A continuation token is refused", RFC9635("3.1"), RESOURCE_CALLS)
def refuses_continuation(case: Case, _: Ledger) -> bool | None:
    return case.refused if case.token is not None and case.token.kind == "continuation" else None


@requirement("R-07", "A call that isn't signed, or wrongly, is refused", RFC9635("7.3.1"), RESOURCE_CALLS)
def refuses_unproven(case: Case, _: Ledger) -> bool | None:
    unsigned = case.verification is None or not case.verification.signed
    return case.refused if (unsigned or wrong_for_all(case)) and case.status is not None else None


@requirement("R-08", "A call that the token doesn't allow is refused", OpenPayments("identity/grants"), RESOURCE_CALLS)
def refuses_beyond(case: Case, _: Ledger) -> bool | None:
    if case.token is None or case.token.kind != "access" or not case.token.access:
        return None
    type_, action = need(case.row.operation)
    return None if any(allows(item, type_, action) for item in case.token.access) else case.refused


@requirement("R-09", "A refusal says why, with a code and a description", _RESOURCES, (*RESOURCE_CALLS, *_PUBLIC))
def says_why(case: Case, _: Ledger) -> bool | None:
    if not case.refused:
        return None
    reading = read_response(case.view, case.row.operation)
    return reading is not None and not problems_of(reading)


@requirement("R-10", "A resource belongs to the wallet address that was asked for", _RESOURCES, CREATIONS)
def wallet(case: Case, _: Ledger) -> bool | None:
    asked, got = text(case.view.sent.get("walletAddress")), text(case.view.got.get("walletAddress"))
    return canonical(asked) == canonical(got) if case.view.succeeded and asked and got else None


@requirement("R-11", "The amount is the one that was asked for", _RESOURCES, CREATIONS)
def amount(case: Case, _: Ledger) -> bool | None:
    asked = [name for name in ("incomingAmount", "debitAmount", "receiveAmount") if name in case.view.sent]
    if not case.view.succeeded or not asked:
        return None
    return all(_amount(case.view.sent[name]) == _amount(case.view.got.get(name)) for name in asked)


@requirement("R-12", "An outgoing payment costs what its quote said", _RESOURCES, ("outgoing_payment_create",))
def as_quoted(case: Case, _: Ledger) -> bool | None:
    quote = text(case.view.sent.get("quoteId"))
    born = case.memory.birth(quote) if quote and case.view.succeeded else None
    answer = case.other(born) if born is not None else None
    if answer is None or not answer.succeeded:
        return None
    names = ("debitAmount", "receiveAmount")
    return all(_amount(answer.got.get(name)) == _amount(case.view.got.get(name)) for name in names)


@requirement(
    "R-13",
    "No payment is larger than the limit of its grant",
    OpenPayments("identity/grants"),
    ("outgoing_payment_create",),
)
def within_limit(case: Case, _: Ledger) -> bool | None:
    verdicts = []
    for limits in _limits(case) if case.view.succeeded else []:
        for name in ("debitAmount", "receiveAmount"):
            limit, paid = _amount(limits.get(name)), _amount(case.view.got.get(name))
            if limit is not None and paid is not None and limit.same_asset(paid):
                verdicts.append(paid.value <= limit.value)
    return all(verdicts) if verdicts else None


@requirement(
    "R-14", "A grant for one receiver pays no other", OpenPayments("identity/grants"), ("outgoing_payment_create",)
)
def right_receiver(case: Case, _: Ledger) -> bool | None:
    wanted = [receiver for limits in _limits(case) if (receiver := text(limits.get("receiver")))]
    got = text(case.view.got.get("receiver")) if case.view.succeeded else None
    return got in wanted if wanted and got else None


def _limits(case: Case) -> list[dict[str, Any]]:
    access = case.token.access if case.token is not None else []
    return [limits for item in access if isinstance(limits := item.get("limits"), dict)]


def _amount(value: Any) -> Amount | None:
    read = decode(Amount, value)
    return read.value if isinstance(read, Decoded) else None


@requirement("R-15", "The id of a new resource lies under the collection", _RESOURCES, CREATIONS)
def id_in_collection(case: Case, _: Ledger) -> bool | None:
    got = text(case.view.got.get("id")) if case.view.succeeded else None
    return canonical(got).startswith(f"{case.view.key}/") if got else None


@requirement("R-16", "A resource that is read has the id that was asked for", _RESOURCES, _GETS)
def same_id(case: Case, _: Ledger) -> bool | None:
    got = text(case.view.got.get("id")) if case.view.succeeded else None
    return canonical(got) == case.view.key if got else None


@requirement("R-17", "A page has no more entries than were asked for", _RESOURCES, LISTS)
def page_size(case: Case, _: Ledger) -> bool | None:
    asked = case.view.parts.parameter("first") or case.view.parts.parameter("last")
    result = case.view.got.get("result")
    if not case.view.succeeded or not isinstance(result, list) or not asked:
        return None
    return len(result) <= int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else None


@requirement(
    "R-18",
    "The public view of a payment shows its authorization server, and no way to pay into it",
    _RESOURCES,
    _PUBLIC,
)
def public_view(case: Case, _: Ledger) -> bool | None:
    if not case.view.succeeded:
        return None
    return text(case.view.got.get("authServer")) is not None and "methods" not in case.view.got


@requirement("R-19", "A payment that was completed says so", _RESOURCES, ("incoming_payment_complete",))
def completed(case: Case, _: Ledger) -> bool | None:
    return case.view.got.get("completed") is True if case.view.succeeded else None


@requirement(
    "W-01",
    "A wallet address's document fits the schema",
    OpenPayments("concepts/wallet-addresses"),
    ("wallet_address_get",),
)
def wallet_fits(case: Case, _: Ledger) -> bool | None:
    reading = read_response(case.view, case.row.operation) if case.view.succeeded else None
    return None if reading is None else not problems_of(reading)


@requirement(
    "W-02",
    "The document is that of the address that was asked for",
    OpenPayments("concepts/wallet-addresses"),
    ("wallet_address_get",),
)
def wallet_id(case: Case, _: Ledger) -> bool | None:
    got = text(case.view.got.get("id")) if case.view.succeeded else None
    return canonical(got) == case.view.key if got else None


@requirement(
    "W-03",
    "The asset of a wallet address never changes",
    OpenPayments("concepts/wallet-addresses"),
    ("wallet_address_get",),
)
def same_asset(case: Case, ledger: Ledger) -> bool | None:
    got = text(case.view.got.get("id")) if case.view.succeeded else None
    if got is None:
        return None
    first = case.other(ledger.values.setdefault(canonical(got), case.row.n))
    if first is None:
        return None
    return all(dig(first.got, name) == dig(case.view.got, name) for name in ("assetCode", "assetScale"))


RESOURCE_SERVER: tuple[Requirement, ...] = (
    fits, created, refuses_tokenless, challenge, refuses_dead, refuses_continuation, refuses_unproven, refuses_beyond,
    says_why, wallet, amount, as_quoted, within_limit, right_receiver, id_in_collection, same_id, page_size,
    public_view, completed, wallet_fits, wallet_id, same_asset,
)  # fmt: skip
