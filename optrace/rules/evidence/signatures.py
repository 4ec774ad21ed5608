"""What the rules about signatures ask of a request: its own signature, what was proved, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import PROVED, Severity
from optrace.diagnosis.answers import about_keys, about_signature
from optrace.diagnosis.candidates import Change
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import searched
from optrace.diagnosis.stages import Reached, reached
from optrace.diagnosis.subject import own_signature
from optrace.rules.rule import Found, Weight
from optrace.session.steps import ALL_PASS
from optrace.signatures.verify import SignatureSeen

TOGETHER = " Besides, "  # before the sentences of what else was changed for the proof


def perfect(case: Case) -> bool:
    """Whether all profiles are content with signature and digest: nothing to find but smells."""
    verdicts = case.row.verdicts
    return verdicts.signature == ALL_PASS and verdicts.digest.fine


def flawed(case: Case) -> SignatureSeen | None:
    """The client's own signature of a request that some profile isn't content with; None if there is none."""
    verdicts = case.row.verdicts
    return None if verdicts.signature.fine and verdicts.digest.fine else signature(case)


def signature(case: Case) -> SignatureSeen | None:
    """The client's own signature; None if the request carries none."""
    return case.once(own_signature)


def borrowed(case: Case) -> bool:
    """Whether the signature is proved to be another request's: what it covers is then no fault of its own."""
    result = case.once(searched)
    return result is not None and result.with_code("SIG-025") is not None


def accepted(case: Case) -> bool:
    """Whether the server took the request."""
    return case.status is not None and not case.refused


def blamed(case: Case) -> bool:
    """Whether the server refused because of the signature, its digest or its key; without words it may well have."""
    return about_signature(case) or about_keys(case) or (case.status in (400, 401) and not case.description)


def weight(case: Case) -> Weight:
    """The weight of a fault that the wire itself shows: the cause if the server speaks of signatures, else a smell."""
    return Weight.PROOF if blamed(case) or case.status is None else Weight.SMELL


def severity(case: Case) -> Severity:
    """The severity of a fault that reference servers refuse: a risk where this server took it all the same."""
    return Severity.RISK if accepted(case) else Severity.ERROR


def proven(case: Case, *codes: str) -> Iterator[Found]:
    """The finding of a rule whose candidate change was in what verified."""
    if case.row.verdicts.signature.fine:
        return
    result = case.once(searched)
    if result is None or result.proof is None:
        return
    own = [change for change in result.changes if change.code in codes]
    if not own:
        return
    rest = [change for change in result.changes if change not in own]
    detail = " ".join(change.sentence for change in own)
    if rest:
        detail += TOGETHER + _inside(" ".join(change.sentence for change in rest))
    key = f"the key {result.model.key.kid} of {result.owner}" if result.model is not None else "the key"
    yield Found(
        detail=f"{detail}{PROVED}the signature verifies by {key} (candidate {result.tried:,}).",
        where=_where(own[0]),
        proof=result.proof,
        related=tuple(dict.fromkeys(n for change in result.changes for n in change.related)),
        # a resource server looks at the token first, so it may never have come to the signature
        weight=Weight.SMELL if reached(case, "signature") is Reached.NOT_REACHED else Weight.PROOF,
        severity=severity(case),
        remedy=" ".join(dict.fromkeys(change.remedy for change in own)),
    )


def _inside(sentence: str) -> str:
    """A sentence as it goes on after a comma."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence


def _where(change: Change) -> str:
    slot = change.slot
    if slot.startswith("lines.uri"):
        return "@target-uri"
    if slot.startswith("lines.field."):
        return slot.removeprefix("lines.field.")
    return {"lines.method": "@method", "key": "keyid", "lines.field": "content-digest"}.get(slot, "signature-input")


def names(values: Iterator[str]) -> str:
    """Names in a row, or "none"."""
    return ", ".join(values) or "none"
