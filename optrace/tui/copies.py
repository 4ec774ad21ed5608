"""What of an exchange can be copied, and as what. Secrets are masked unless they are revealed on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from optrace.core.findings import Finding
from optrace.core.masking import Secrets
from optrace.exporters import EXPORTERS, export
from optrace.exporters.material import Material
from optrace.session.steps import Detail
from optrace.session.trace import Trace
from optrace.tui.bridge import Bridge
from optrace.tui.tabs import TABS
from optrace.tui.tabs.look import Look
from optrace.tui.tabs.raw import body_text, request_text, response_text

_RESPONSE_TAB = 2


@dataclass(frozen=True, slots=True)
class Copy:
    """One thing to copy. `make` gives its text; without it, `about` says why there is none."""

    title: str
    about: str
    make: Callable[[], str] | None


def copies(detail: Detail, bridge: Bridge, look: Look, *, tab: int, shown: str) -> tuple[Copy, ...]:
    """All there is, in the order of their digits. `shown` is the text of the tab that is open."""
    n, exchange = detail.step.n, detail.exchange
    response = exchange.response
    answered = response is not None
    material = _material(detail, bridge, look)

    def written(name: str) -> Callable[[], str]:
        def write() -> str:
            with bridge.lock:
                return "".join(export(EXPORTERS[name], material))

        return write

    message = response if tab == _RESPONSE_TAB and response is not None else exchange.request
    whose = "response" if message is response else "request"
    based = detail.signature is not None and any(seen.base is not None for seen in detail.signature.signatures)
    proven = bool(detail.step.findings)
    return (
        Copy(TABS[tab].title, "this tab, as it is shown", lambda: shown),
        Copy("request", "as text", lambda: request_text(exchange, look) + "\n"),
        Copy(
            "response",
            "as text" if answered else "none came",
            (lambda: response_text(response, look) + "\n") if response is not None else None,
        ),
        Copy("http", "both messages, as they were on the wire", written("http")),
        Copy("curl", "a command that sends the request again", written("curl")),
        Copy(
            "base",
            "the signature base" if based else "the request carries no signature that has one",
            (lambda: _bases(detail, material)) if based else None,
        ),
        Copy(
            "proof",
            "what is wrong, the proof, the cure" if proven else "nothing is wrong with this message",
            (lambda: _proof(material, n, bridge)) if proven else None,
        ),
        Copy(
            "body",
            f"of the {whose}" if message.body else f"the {whose} has none",
            (lambda: body_text(message, look)) if message.body else None,
        ),
        Copy("json", "the exchange and what was found, as one document", written("json")),
    )


def _material(detail: Detail, bridge: Bridge, look: Look) -> Material:
    secrets = None if look.revealed else Secrets()
    if secrets is not None:
        secrets.learn(detail.exchange)
    return Material(
        trace=cast(Trace, bridge.session or bridge.trace),
        lookup=lambda n: detail.exchange,
        numbers=(detail.step.n,),
        source=bridge.source.name,
        secrets=secrets,
        profile=look.profile,
    )


def _bases(detail: Detail, material: Material) -> str:
    """The base as rebuilt from the wire; after it, the one that was really signed, if that is proven."""
    assert detail.signature is not None
    bases = [material.base(seen.base) for seen in detail.signature.signatures if seen.base is not None]
    proven = next((f.proof.base for f in detail.step.findings if f.proof is not None and f.proof.base), None)
    if proven is not None:
        bases.append(f"# what was really signed\n{material.base(proven)}")
    return "\n\n".join(bases)


def _proof(material: Material, n: int, bridge: Bridge) -> str:
    with bridge.lock:
        step = material.step(n)
    return "\n\n".join("\n".join(_finding(finding)) for finding in step.findings) + "\n"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.rule} {finding.title}"
    if finding.detail:
        yield finding.detail
    if finding.proof is not None:
        yield f"Proof: {finding.proof_in_words}"
        for name, value in finding.proof.evidence.items():
            yield f"  {name}: {value}"
    if finding.remedy:
        yield f"Fix: {finding.remedy}"
    if finding.spec is not None:
        yield f"See: {finding.spec}  {finding.spec.link or ''}".rstrip()
