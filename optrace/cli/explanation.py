"""Why an exchange failed: one cause with its proof and remedy, and all that the other parts of diagnosis know of it.

`explanation` gathers it as one JSON document, `lines` puts the document into words; both know only what they are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optrace.cli.output import Output
from optrace.cli.version import own_version
from optrace.core.findings import PROFILES, Finding, Judgements, Severity, Verdict, told_once
from optrace.core.redact import mask_field, mask_text, mask_url
from optrace.core.text import safe
from optrace.diagnosis.answers import words
from optrace.diagnosis.case import Case
from optrace.diagnosis.hypotheses import hypotheses
from optrace.diagnosis.search import searched
from optrace.diagnosis.signers import fingerprint
from optrace.diagnosis.stages import stages
from optrace.diagnosis.subject import own_signature, subject_of
from optrace.rules.evidence.signatures import TOGETHER
from optrace.session.members import exchange_member, finding_member
from optrace.session.steps import Detail
from optrace.signatures.keys import KeyState

SCHEMA = 1
_VALID_AND_REFUSED = "SIG-026"
_STYLES = {"pass": "good", "fail": "bad", "differs": "differs", "unchecked": "unsure", "none": "dim"}


def explanation(
    case: Case, detail: Detail, *, profile: str, reveal: bool = False, answered: bool = True
) -> dict[str, Any]:
    """All that is known of why an exchange went as it did.

    Args:
        answered: False if the answer isn't known at all; then nothing is said of it.
    """
    step = detail.step
    member = exchange_member(step, reveal=reveal)
    if not answered:
        member["error"] = None
    judged = {
        "signature": detail.signature.judgements if detail.signature else None,
        "digest": detail.digest,
        "hash": detail.hash,
    }
    verdicts = {kind: _verdicts(judgements) for kind, judgements in judged.items() if _judged(judgements)}
    failed = [kind for kind, by in verdicts.items() if by[profile]["verdict"] == Verdict.FAIL]
    unsure = [kind for kind, by in verdicts.items() if by[profile]["verdict"] == Verdict.UNCHECKED]
    refused = answered and (case.refused or step.error is not None)
    error = any(finding.severity is Severity.ERROR for finding in step.findings)
    wrong = refused or bool(failed) or error
    findings = [_finding(finding, case) for finding in step.findings]
    return {
        "optrace": own_version(),
        "schema": SCHEMA,
        "profile": profile,
        "exchange": {name: member[name] for name in _EXCHANGE},
        "sentence": detail.sentence if answered else "",
        "wrong": wrong,
        "unsure": unsure,
        "cause": findings[0] if wrong and findings else None,
        "also": findings[1:] if wrong else findings,
        "verdicts": verdicts,
        "server": _server(case) if answered else None,
        "hypotheses": _hypotheses(case),
        "signer": fingerprint(case.exchange.request, own_signature(case)),
        "keys": _keys(case),
        "search": _search(case),
    }


_EXCHANGE = (
    "n",
    "operation",
    "variant",
    "from",
    "to",
    "method",
    "url",
    "status",
    "error",
    "payment",
    "label",
    "problems",
)


def _judged(judgements: Judgements | None) -> bool:
    return judgements is not None and any(j.verdict is not Verdict.NONE for j in judgements.values())


def _verdicts(judgements: Judgements | None) -> dict[str, Any]:
    assert judgements is not None
    found = {}
    for profile in PROFILES:
        judgement = judgements[profile]
        checks = [
            {
                "name": check.name,
                "verdict": check.verdict.value,
                "expected": _masked(check.expected),
                "got": _masked(check.got),
                "detail": check.detail,
                "spec": None if check.spec is None else str(check.spec),
            }
            for check in judgement.checks
        ]
        found[profile] = {"verdict": judgement.verdict.value, "reason": judgement.reason, "checks": checks}
    return found


def _masked(text: str | None) -> str | None:
    return None if text is None else mask_text(text)


def _finding(finding: Finding, case: Case) -> dict[str, Any]:
    member = finding_member(finding)
    if finding.spec is not None and finding.spec.link:
        member["link"] = finding.spec.link
    if finding.proof is not None and finding.proof.base:
        member["signed"] = finding.proof.base
        member["sent"] = _sent(case, finding.proof.evidence)
    return member


def _sent(case: Case, evidence: Mapping[str, str]) -> dict[str, str]:
    """What stands in the message for each component that was signed as something else."""
    subject = subject_of(case)
    if subject is None:
        return {}
    lines = {name.strip('"'): value for name, value in subject.lines_of(case.exchange.request)}
    lines["@signature-params"] = subject.seen.input_text
    shown = {name: lines[name] for name in evidence if name in lines}
    return {name: mask_url(v) if name == "@target-uri" else mask_field(name, v) for name, v in shown.items()}


def _server(case: Case) -> dict[str, Any]:
    return {
        "says": words(case)[:500] or None,
        "code": case.code,
        "stages": [{"name": stage.name, "reached": stage.reached.value} for stage in stages(case)],
    }


def _hypotheses(case: Case) -> list[dict[str, str]]:
    if not any(finding.rule == _VALID_AND_REFUSED for finding in case.row.findings):
        return []
    return [{"view": found.view, "remedy": found.remedy} for found in hypotheses(case)]


def _keys(case: Case) -> dict[str, Any] | None:
    verification = case.verification
    if verification is None or not verification.signed:
        return None
    keys = case.keys
    return {
        "owner": keys.owner or None,
        "state": keys.state.value,
        "keyid": case.row.kid,
        "published": [key.kid for key in keys.keys] if keys.state is KeyState.KNOWN else [],
        "reason": keys.reason,
    }


def _search(case: Case) -> dict[str, Any] | None:
    if case.row.verdicts.signature.rfc in (Verdict.PASS, Verdict.NONE):
        return None
    result = searched(case)
    if result is None or not result.tried:
        return None
    return {
        "found": result.proof is not None,
        "tried": result.tried,
        "keys": result.keys,
        "milliseconds": round(result.milliseconds, 1),
        "exhausted": result.exhausted,
    }


# in words


def lines(document: Mapping[str, Any], output: Output) -> Iterator[str]:
    """The document for people."""
    exchange = document["exchange"]
    says = (document["server"] or {}).get("says")
    outcome = exchange["status"] if exchange["status"] is not None else exchange["error"]
    head = f"{exchange['n']} {exchange['method']} {safe(exchange['url'])}" + (f" → {outcome}" if outcome else "")
    yield output.style(head, "strong") + (f" “{safe(says)[:200]}”" if says and (exchange["status"] or 0) >= 400 else "")
    operation = " ".join(filter(None, (exchange["operation"], exchange["variant"]))).replace("_", " ")
    yield f"{operation}, {_party(exchange['from'])} → {_party(exchange['to'])}"
    if document["sentence"]:
        yield safe(document["sentence"])
    yield ""
    yield from _cause(document, output)
    proof = (document["cause"] or {}).get("proof")
    for finding in document["also"]:
        yield ""
        if proof is not None and finding.get("proof") == proof:  # found together: what proves one proves the other
            finding = {**finding, "detail": finding["detail"].partition(TOGETHER)[0], "proof": None}
        yield from _found(finding, output, "also: ")
    if document["verdicts"]:
        yield ""
        for kind, by in document["verdicts"].items():
            yield from _profiles(kind, by, output, explained=bool(document["cause"]))
    facts = list(_facts(document))
    if facts:
        yield ""
        yield from facts


def _cause(document: Mapping[str, Any], output: Output) -> Iterator[str]:
    if document["cause"]:
        views = document["hypotheses"] if _about_views(document) else ()
        yield from _found(document["cause"], output, "cause: ", views)
    elif document["wrong"]:
        yield output.style("cause: not found", "bad")
        failed = [kind for kind, by in document["verdicts"].items() if by[document["profile"]]["verdict"] == "fail"]
        for kind in failed:
            yield f"  {kind}: {safe(document['verdicts'][kind][document['profile']]['reason'] or 'it fails')}"
        if not failed:
            yield from _unexplained(document)
    elif document["unsure"]:
        yield output.style(f"not checkable: {', '.join(document['unsure'])}", "unsure")
        for kind in document["unsure"]:
            yield f"  {safe(document['verdicts'][kind][document['profile']]['reason'] or '')}"
        if (document["keys"] or {}).get("state") == KeyState.UNSEEN:
            yield "  fix: give the client's key with --key WALLET_ADDRESS=FILE, or --client WALLET_ADDRESS to fetch it."
    else:
        risks = any(finding["severity"] != "info" for finding in document["also"])
        yield output.style(*(("it passes; not everywhere", "differs") if risks else ("nothing is wrong", "good")))


def _about_views(document: Mapping[str, Any]) -> bool:
    """Whether the cause is what the server may have seen."""
    return bool(document["cause"]) and document["cause"]["rule"] == _VALID_AND_REFUSED and bool(document["hypotheses"])


def _unexplained(document: Mapping[str, Any]) -> Iterator[str]:
    stages_ = (document["server"] or {}).get("stages") or []
    stopped = next((stage["name"] for stage in stages_ if stage["reached"] == "failed"), None)
    if stopped:
        yield f"  The server stopped at: {stopped}. What was recorded doesn't show why."
    else:
        yield "  No rule explains this."
    if document["unsure"]:
        yield f"  Not checkable: {', '.join(document['unsure'])}."


_SIDES = {"s": "sender's ", "r": "recipient's ", "c": "client's "}
_ROLES = {"as": "AS", "rs": "RS", "wa": "wallet address", "idp": "IdP"}


def _party(role: str) -> str:
    """`r.as` as people say it: recipient's AS."""
    side, dot, name = role.rpartition(".")
    return _SIDES.get(side, side + dot) + _ROLES.get(name, name)


def _found(
    finding: Mapping[str, Any], output: Output, name: str, views: Sequence[Mapping[str, str]] = ()
) -> Iterator[str]:
    style = {"error": "bad", "info": "dim"}.get(finding["severity"], "differs")
    yield output.style(f"{name}{finding['rule']} {finding['title']}", style) + f" ({finding['severity']})"
    said, proved = told_once(finding["detail"], (finding.get("proof") or {}).get("change") or "")
    if views:  # each is said below, with its own remedy
        said = said.partition(" The server may see:")[0] + " What the server may have seen instead:"
    for line in said.split("\n") if said else ():
        yield f"  {safe(line)}"
    for number, one in enumerate(views, 1):
        yield f"  {number}. {safe(one['view'][:1].upper() + one['view'][1:])}. {safe(one['remedy'])}"
    proof = finding.get("proof")
    if proof:
        tried = "" if "(candidate " in proved else f" ({proof['tried']:,} tried)"
        yield f"  proof: {safe(proved)}{tried}" if proved else f"  proof: it fits ({proof['tried']:,} tried)"
        yield from _evidence(proof, finding.get("sent") or {})
    if finding["remedy"] and not views:
        yield f"  fix: {safe(finding['remedy'])}"
    if finding.get("spec"):
        yield f"  see: {finding['spec']}  {finding.get('link', '')}".rstrip()
    if finding.get("related"):
        yield f"  with: {', '.join(f'exchange {n}' for n in finding['related'])}"


def _evidence(proof: Mapping[str, Any], sent: Mapping[str, str]) -> Iterator[str]:
    for key, value in proof.items():
        if key in ("change", "tried"):
            continue
        if key in sent:
            yield f"    sent    {safe(key)}: {safe(sent[key]) or '(nothing)'}"
            yield f"    signed  {safe(key)}: {safe(value) or '(nothing)'}"
        else:
            yield f"    {safe(key)}: {safe(value) or '(nothing)'}"


def _profiles(kind: str, by: Mapping[str, Any], output: Output, *, explained: bool) -> Iterator[str]:
    verdicts = (f"{name} {output.style(one['verdict'], _STYLES[one['verdict']])}" for name, one in by.items())
    yield f"{kind + ':':<11}{'  '.join(verdicts)}"
    if len({one["verdict"] for one in by.values()}) == 1 and explained:
        return  # the cause says it better
    reasons: dict[str, list[str]] = {}
    for name, one in by.items():
        if one["reason"] and one["verdict"] not in ("pass", "none"):
            reasons.setdefault(one["reason"], []).append(name)
    for reason, names in reasons.items():
        yield f"           {', '.join(names)}: {safe(reason)}"


def _facts(document: Mapping[str, Any]) -> Iterator[str]:
    stages_ = (document["server"] or {}).get("stages") or []
    for reached in ("passed", "failed", "not reached"):
        names = [stage["name"] for stage in stages_ if stage["reached"] == reached]
        if names and len(names) < len(stages_):
            yield f"{'server ' + reached + ':':<20}{', '.join(names)}"
    for number, hypothesis in enumerate(() if _about_views(document) else document["hypotheses"]):
        yield f"{'it may be that:' if not number else '':<20}{safe(hypothesis['view'])}. {safe(hypothesis['remedy'])}"
    keys = document["keys"]
    if keys and keys["owner"]:
        why = f" ({safe(keys['reason'])})" if keys["reason"] else ""
        yield f"{'keys of:':<20}{safe(keys['owner'])}, {keys['state']}{why}"
    if document["signer"]:
        yield f"{'written by:':<20}{safe(document['signer'])}"
    search = document["search"]
    if search:
        found = "found what was signed" if search["found"] else "nothing verifies"
        end = "" if search["found"] or search["exhausted"] else "; the budget ended it"
        keys_ = f"{search['keys']} key{'' if search['keys'] == 1 else 's'}"
        yield f"{'search:':<20}{found}; {search['tried']} tried over {keys_} in {search['milliseconds']:.0f} ms{end}"
    for problem in document["exchange"]["problems"]:
        yield f"{'not readable:':<20}{safe(problem)}"
    for note in document.get("notes", ()):
        yield f"{'note:':<20}{safe(note)}"
