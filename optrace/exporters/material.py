"""What exporters work on: the exchanges that were chosen, as understood, with their secrets already masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from optrace.core.findings import Check, Finding, Judgement, Judgements, Proof
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange
from optrace.core.redact import mask, mask_field, mask_json, mask_url
from optrace.diagram.layout import Diagram
from optrace.session.recalled import Steps
from optrace.session.steps import DEFAULT_PROFILE, Detail, Fact, Payment, Step

if TYPE_CHECKING:
    from optrace.session.trace import Trace

THEMES = ("dark", "light")


def _quietly(done: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A session, or the part of it that passed a filter.

    Nothing that leaves here holds a secret, unless `secrets` is None: then the user asked to see them.
    """

    trace: Steps
    lookup: Callable[[int], Exchange]  # an exchange by its number, as recorded
    numbers: Sequence[int]  # the exchanges to export, in order
    source: str  # name of the recording
    versions: Mapping[str, str] = field(default_factory=dict)  # of optrace and of what it stands on
    secrets: Secrets | None
    profile: str = DEFAULT_PROFILE
    width: int | None = None  # columns of painted ladders; None: the format's own
    theme: str | None = None  # one of THEMES; None: the format's own
    notes: Mapping[int, str] = field(default_factory=dict)  # what the user noted, by exchange
    marks: frozenset[int] = frozenset()  # the exchanges that the user marked
    damage: str | None = None  # what of the recording could not be read
    progress: Callable[[int], None] = _quietly  # told how many exchanges are done

    def each(self) -> Iterator[int]:
        """The numbers, telling the progress."""
        for done, n in enumerate(self.numbers):
            self.progress(done)
            yield n

    def clean(self, text: str) -> str:
        """Words about the traffic without its secrets."""
        return text if self.secrets is None else self.secrets.text(text)

    def steps(self) -> Iterator[Step]:
        """All steps, in order."""
        return (self.step(n) for n in self.numbers)

    def step(self, n: int) -> Step:
        """An exchange as understood."""
        step = self.trace.step(n)
        if self.secrets is None:
            return step
        return replace(
            step,
            url=self.clean(mask_url(step.url)),
            label=self.clean(step.label),
            variant=self._maybe(step.variant),
            error=self._maybe(step.error),
            key_owner=self._maybe(step.key_owner),
            reasons={name: self.clean(reason) for name, reason in step.reasons.items()},
            problems=tuple(self.clean(problem) for problem in step.problems),
            findings=tuple(map(self.finding, step.findings)),
        )

    def finding(self, finding: Finding) -> Finding:
        """A finding without secrets."""
        if self.secrets is None:
            return finding
        return replace(
            finding,
            title=self.clean(finding.title),
            detail=self.clean(finding.detail),
            remedy=self.clean(finding.remedy),
            where=self._maybe(finding.where),
            proof=None if finding.proof is None else self._proof(finding.proof),
        )

    def exchange(self, n: int) -> Exchange:
        """An exchange as it was on the wire."""
        exchange = self.lookup(n)
        return exchange if self.secrets is None else self.secrets.exchange(exchange)

    def sweep(self, text: str) -> str:
        """Text of the traffic without its secrets."""
        return text if self.secrets is None else self.secrets.sweep(text)

    def note(self, n: int) -> str | None:
        """What the user noted on an exchange."""
        return self._maybe(self.notes.get(n))

    @property
    def fold(self) -> Trace:
        """The fold behind the steps; there for exporters that look `closer`."""
        return cast("Trace", self.trace)

    def detail(self, n: int) -> Detail:
        """All that is known of an exchange. Its `signature` stays as it is: show `bases` instead."""
        detail = self.fold.detail(n, self.lookup(n))
        if self.secrets is None:
            return detail
        return replace(
            detail,
            step=self.step(n),
            exchange=self.secrets.exchange(detail.exchange),
            sentence=self.clean(detail.sentence),
            facts=tuple(self._fact(fact) for fact in detail.facts),
            digest=None if detail.digest is None else self._judgements(detail.digest),
            hash=None if detail.hash is None else self._judgements(detail.hash),
            request_json=mask_json(detail.request_json),
            response_json=mask_json(detail.response_json),
        )

    def signature_judgements(self, detail: Detail) -> Judgements | None:
        """What each profile says of the request's signature, with its working."""
        if detail.signature is None:
            return None
        found = detail.signature.judgements
        return found if self.secrets is None else self._judgements(found)

    def base(self, base: bytes | str) -> str:
        """A signature base to show; what it covers is masked as the fields are."""
        text = base.decode("latin-1") if isinstance(base, bytes) else base
        if self.secrets is None:
            return text
        return "\n".join(self._base_line(line) for line in text.split("\n"))

    @property
    def payments(self) -> tuple[Payment, ...]:
        """The payments that the chosen exchanges belong to."""
        chosen = set(self.numbers)
        found = (payment for payment in self.trace.payments if chosen.intersection(payment.exchanges))
        return tuple(replace(p, title=self.clean(p.title)) for p in found)

    @property
    def diagram(self) -> Diagram:
        """The lanes of the sequence diagram, with one for what has no side if that is needed."""
        diagram = Diagram(hosts=self.trace.lane_hosts)
        return replace(diagram, with_unplaced=diagram.needs_unplaced(self.trace.step(n) for n in self.numbers))

    def _base_line(self, line: str) -> str:
        name, colon, value = line.partition(": ")
        return self.clean(f"{name}{colon}{mask_field(name.strip('"').partition('"')[0], mask_url(value))}")

    def _fact(self, fact: Fact) -> Fact:
        return replace(fact, name=self.clean(fact.name), value=mask(fact.value) if fact.secret else self._value(fact))

    def _value(self, fact: Fact) -> str:
        return self.clean(mask_url(fact.value))

    def _proof(self, proof: Proof) -> Proof:
        evidence = {name: self.clean(text) for name, text in proof.evidence.items()}
        base = None if proof.base is None else self.base(proof.base)
        return replace(proof, change=self.clean(proof.change), base=base, evidence=evidence)

    def _judgements(self, judgements: Judgements) -> Judgements:
        return {profile: self._judgement(judgement) for profile, judgement in judgements.items()}

    def _judgement(self, judgement: Judgement) -> Judgement:
        checks = tuple(self._check(check) for check in judgement.checks)
        return replace(judgement, reason=self._maybe(judgement.reason), checks=checks)

    def _check(self, check: Check) -> Check:
        return replace(
            check, expected=self._maybe(check.expected), got=self._maybe(check.got), detail=self._maybe(check.detail)
        )

    def _maybe(self, text: str | None) -> str | None:
        return None if text is None else self.clean(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A format in which one exchange follows the other, each by itself: they can be made anywhere, in any order."""

    # an exchange as it was on the wire, masked; the second masks what is decoded here, where a secret might show
    wire: Callable[[Exchange, Callable[[str], str]], str]
    # the same with what is understood of it; None: that is all
    whole: Callable[[Material, int, str], str] | None = None
    head: Callable[[Material], str] = lambda material: ""
    between: str = ""
    tail: Callable[[Material], str] = lambda material: ""

    def one(self, material: Material, n: int, wire: str | None = None) -> str:
        """One exchange."""
        wire = self.wire(material.exchange(n), material.sweep) if wire is None else wire
        return wire if self.whole is None else self.whole(material, n, wire)

    def write(self, material: Material) -> Iterator[str]:
        """The whole, in pieces."""
        yield self.head(material)
        for place, n in enumerate(material.each()):
            yield (self.between if place else "") + self.one(material, n)
        yield self.tail(material)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """A format. `write` gives the text in pieces; it may raise Usage if the exchanges aren't fit for it."""

    name: str
    title: str  # what it is, for the help
    suffix: str  # of files, with the dot
    write: Callable[[Material], Iterator[str]]
    understood: bool = True  # it says more than what was on the wire, so that the session has to be analysed
    closer: bool = False  # it says more than steps do: it needs `Material.fold`
    swept: bool = False  # all that it gives is swept already, as `Material.exchange` is
    listing: Listing | None = None  # what `write` is made of, if each exchange stands by itself
    limit: int | None = None  # characters that its readers usually take
