"""What the rules about interaction hashes ask of a finish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optrace.core.findings import PROVED, Proof, Verdict
from optrace.core.redact import mask
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.diagnosis.hashes import HASHED, HashFound, search_hash
from optrace.exchanges.interaction import finish_query
from optrace.gnap.interaction import DEFAULT_METHOD, ENCODINGS
from optrace.rules.rule import Found, Weight

FINISHES = HASHED


def searched_hash(case: Case) -> HashFound | None:
    """What the hash of this finish was made of; None if there is nothing to search for."""
    if case.row.operation == "finish_redirect" and case.row.verdicts.hash.rfc not in (Verdict.FAIL, Verdict.DIFFERS):
        return None  # it brings what the AS sent, which was looked at there
    return case.once(search_hash)


def asked_method(case: Case) -> str:
    """The hash method that the grant request asked for."""
    return (case.grant.hash_method if case.grant else None) or DEFAULT_METHOD


def of_changes(case: Case, *prefixes: str) -> Iterator[Found]:
    """The finding of a rule whose variants of the hash base are what was hashed."""
    found = searched_hash(case)
    if found is None or found.variant is None or not any(change.startswith(prefixes) for change in found.changes):
        return
    yield Found(
        detail=f"{found.variant.sentence}{_also(case, found)}{PROVED}the hash fits (candidate {found.tried:,}).",
        where="hash",
        proof=proof_of(found),
        related=_related(case),
        weight=Weight.PROOF,
    )


def proof_of(found: HashFound) -> Proof:
    """The proof that a search for a hash gives. The base isn't kept: its nonces and its reference are secrets."""
    sentence = found.variant.sentence if found.variant is not None else ""
    evidence = {"variant": " and ".join(found.changes) or "none", "hash method": found.method or ""}
    return Proof(change=sentence, tried=found.tried, evidence=evidence)


def _also(case: Case, found: HashFound) -> str:
    asked = asked_method(case)
    return f" It was hashed with {found.method}, not {asked}." if found.method != asked else ""


def _related(case: Case) -> tuple[int, ...]:
    return (case.grant.n,) if case.grant is not None else ()


def encoding_words(found: HashFound) -> str:
    """The encoding of a hash in words."""
    return ENCODINGS.get(found.encoding or "", "no known encoding")


def sent_by_as(case: Case) -> tuple[int, Mapping[str, str]] | None:
    """(exchange, query) of the redirect by which the AS ended this interaction; None if it didn't pass by."""
    grant = case.grant
    if grant is None or not grant.finish_locations:
        return None
    sent = [(n, dict(parse(url).parameters())) for url, n in grant.finish_locations.items() if n < case.exchange.n]
    reference = finish_query(case.view).get("interact_ref")
    same = [entry for entry in sent if entry[1].get("interact_ref") == reference]
    return (same or sent)[-1] if sent else None


def shown(value: str | None) -> str:
    """A hash or a reference as it may be shown."""
    return "none" if value is None else mask(value)
