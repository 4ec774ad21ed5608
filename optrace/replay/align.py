"""Two recordings held against each other: aligned by payment, lane and protocol step, and what differs, by its cause.

Ids, tokens, nonces, hosts and times differ between any two runs, so values are compared by what they are: two slots are
one value if they were born at the same place of the same step, and from then on both sides must use them alike.

A difference is **expected** if any two runs may differ so (keys, times, how often somebody polls), a **consequence** if
it follows from one before it (the answer to a request that differs, what a refused step would have brought, the same
two values again), and otherwise **unexpected**. The first unexpected one is where the runs part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from optrace.core.findings import Verdict
from optrace.replay.compare import CLIENT, Difference, differences, leaves
from optrace.replay.kinds import ValueKind
from optrace.replay.pairing import READS, pairs
from optrace.replay.places import Place
from optrace.replay.script import Hole, Script, ScriptStep, Slot, Template, script_of
from optrace.replay.volatile import Twins
from optrace.session.steps import DEFAULT_PROFILE, Payment, Step
from optrace.session.trace import Trace


class Cause(StrEnum):
    """Why something differs."""

    EXPECTED = "expected"
    CONSEQUENCE = "consequence"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One difference, with its cause in words."""

    part: str  # step, request or response
    difference: Difference
    cause: Cause
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two steps that correspond, or one that nothing corresponds to."""

    one: ScriptStep | None
    other: ScriptStep | None
    told: tuple[Told, ...] = ()
    findings: tuple[str, ...] = ()  # what is found wrong on the second side only: titles, the cause first

    @property
    def step(self) -> ScriptStep:
        """Either of them."""
        found = self.one or self.other
        assert found is not None
        return found

    @property
    def cause(self) -> Cause | None:
        """The gravest cause of its differences; None if there are none."""
        causes = {told.cause for told in self.told}
        return next((cause for cause in (Cause.UNEXPECTED, Cause.CONSEQUENCE, Cause.EXPECTED) if cause in causes), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All pairs, in the order of the first recording; what only the second has stands where it happened there."""

    pairs: tuple[Pair, ...]

    @property
    def first(self) -> int | None:
        """The index of the pair where the runs part; None if nothing unexpected differs."""
        return next((index for index, pair in enumerate(self.pairs) if pair.cause is Cause.UNEXPECTED), None)

    def count(self, cause: Cause) -> int:
        """How many differences have this cause."""
        return sum(told.cause is cause for pair in self.pairs for told in pair.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A recording, or some of its exchanges, ready to be compared."""

    script: Script
    steps: Mapping[int, Step]

    @classmethod
    def of(
        cls,
        trace: Trace,
        payment: Payment | None = None,
        *,
        progress: Callable[[int, int], None] = lambda done, all: None,
    ) -> Side:
        """The whole of a trace, or one payment of it and what it needs."""
        script = script_of(trace, progress=progress)
        if payment is not None:
            script = _adopted(script, payment)
        return cls(script=script, steps={step.n: trace.step(step.n) for step in script.steps})


def _adopted(script: Script, payment: Payment) -> Script:
    """A payment's steps and those that it needs; what an earlier one brought (a good token, say) is its own, too."""
    needed = script.only((*payment.exchanges, *payment.context))
    steps = (step if step.payment is None else replace(step, payment=payment.id) for step in needed.steps)
    return Script(steps=tuple(steps), slots=needed.slots)


# operations that come and go without meaning anything: keys are cached, browsers fetch pages as they like
_QUIET = frozenset(
    ("jwks_get", "did_get", "spsp_get", "cors_preflight", "idp_redirect", "unknown", "infra_health", "infra_admin")
)
_LISTS = frozenset(("incoming_payment_list", "outgoing_payment_list"))
# members that a resource's state moves on: they differ by when it was asked
_PROGRESS = frozenset(
    ("sentAmount", "receivedAmount", "completed", "state", "failed", "grantSpentDebitAmount", "grantSpentReceiveAmount",
     "spentDebitAmount", "spentReceiveAmount", "methods")
)  # fmt: skip
_SECRETS_OF_A_RUN = frozenset(("ilpAddress", "sharedSecret", "kid", "x", "cardService", "grant", "grantId"))
_SETTINGS = frozenset(("publicName", "wait", "expires_in"))
_PASSING = (ValueKind.TIME, ValueKind.CURSOR, ValueKind.HASH)  # no later message is held against these
_CHOSEN = "the client chose another amount"
_OWN_WORDS = "the client's own words"


def align(one: Side, other: Side, *, profile: str = DEFAULT_PROFILE) -> Comparison:
    """Compare two recordings; `profile`: whose verdicts count."""
    teller = _Teller(one, other, profile)
    return Comparison(pairs=tuple(teller.tell(first, second) for first, second in pairs(one.script, other.script)))


# what differs, and why


@dataclass(slots=True)
class _Teller:
    """Goes through the pairs in their order, and knows what has differed before."""

    one: Side
    other: Side
    profile: str
    twins: Twins = field(default_factory=Twins)
    names: dict[str, str] = field(default_factory=dict)  # slot of the second side -> name of its twin
    also: dict[str, str] = field(default_factory=dict)  # slot of the first side -> another one that it is
    taken: set[str] = field(default_factory=set)  # names of the first side that have a twin
    said: set[tuple[str | None, str | None]] = field(default_factory=set)  # values that differed before
    tainted: set[str] = field(default_factory=set)  # slots of either side that a differing step brought, or didn't
    chosen: bool = False  # the client asked for other amounts
    repeated: set[tuple[str | None, str | None]] = field(default_factory=set)  # what the client chose otherwise
    last: dict[tuple[str, str, int | None], int] = field(default_factory=dict)  # what is asked -> the last that asks
    parted: set[int | None] = field(default_factory=set)  # payments of the first side in which the runs have parted

    def tell(self, one: ScriptStep | None, other: ScriptStep | None) -> Pair:
        """One pair, with what differs in it."""
        if one is None or other is None:
            return self._alone(one, other)
        self._marry(one.request, other.request, either=False)
        before = [*self._verdicts(one, other), *self._messages("request", one, other)]
        differs = any(told.cause is not Cause.EXPECTED for told in before)
        if one.response is not None and other.response is not None:
            self._marry(one.response, other.response, either=True)
        follows = differs or self._uses_tainted(one, other)
        after = list(self._messages("response", one, other, follows=follows))
        told = (*before, *after)
        if any(each.cause is not Cause.EXPECTED for each in told):
            self._taint(one, other)
        return Pair(one=one, other=other, told=told, findings=self._findings(one, other) if told else ())

    def _alone(self, one: ScriptStep | None, other: ScriptStep | None) -> Pair:
        step = one or other
        assert step is not None
        said = f"{step.label}: {step.status or 'no answer'}"
        difference = Difference(("step",), said if one else None, said if other else None)
        cause, why = Cause.UNEXPECTED, "only one side has this step"
        if step.operation in _QUIET:
            cause, why = Cause.EXPECTED, "keys and pages are fetched as they are needed"
        elif step.operation in READS and (not step.own or self._elsewhere(step, of_one=one is not None)):
            cause, why = Cause.EXPECTED, "asked more often"
        elif self.parted:
            cause, why = Cause.CONSEQUENCE, "the runs parted before"
        elif not step.own and step.operation == "grant_request":
            cause, why = Cause.EXPECTED, "servers use a token again as long as it is good"
        elif not step.own and not self._sees(step, of_one=one is None):
            cause, why = Cause.EXPECTED, "one side has none of these hops"
        if cause is not Cause.EXPECTED:
            self._taint(step)
        findings = self._findings(None, other) if other else ()
        told = Told(part="step", difference=difference, cause=cause, why=why)
        return Pair(one=one, other=other, told=(told,), findings=findings)

    def _elsewhere(self, step: ScriptStep, *, of_one: bool) -> bool:
        """Whether the other side has steps of this kind, too."""
        steps = (self.other if of_one else self.one).script.steps
        return any(each.operation == step.operation and each.target == step.target for each in steps)

    def _sees(self, step: ScriptStep, *, of_one: bool) -> bool:
        """Whether a side has hops such as this one at all."""
        steps = (self.one if of_one else self.other).script.steps
        return any(each.source == step.source and _family(each) == _family(step) for each in steps)

    def _taint(self, *steps: ScriptStep) -> None:
        self.parted.update(step.payment for step in steps)
        self.tainted.update(slot.name for step in steps if step.response for slot in step.response.births)

    def _uses_tainted(self, one: ScriptStep, other: ScriptStep) -> bool:
        return bool(self.tainted & {slot.name for step in (one, other) for slot in step.request.uses})

    # values

    def _marry[M](self, one: Template[M], other: Template[M], *, either: bool) -> None:  # type: ignore[type-var]
        """Values that were born at one place are one value. `either`: also one that only one side knows already."""
        mine = {_place(hole): hole for hole in one.holes}
        for hole in other.holes:
            twin = mine.get(_place(hole))
            if twin is None:
                continue
            known = self.names.get(hole.slot.name)
            fresh, twin_fresh = (_is_new(each, side) for each, side in ((hole, self.other), (twin, self.one)))
            twin_fresh = twin_fresh and twin.slot.name not in self.taken
            if known is None and fresh and (either or twin_fresh):
                self.names[hole.slot.name] = self._name(twin.slot)
                self.taken.add(twin.slot.name)
            elif known is not None and either and twin_fresh:
                self.also[twin.slot.name] = known
                self.taken.add(twin.slot.name)

    def _name(self, slot: Slot) -> str:
        return self.also.get(slot.name, slot.name)

    def _mine(self, slot: Slot) -> str:
        return "‹…›" if slot.kind in _PASSING else f"‹{self._name(slot)}›"

    def _theirs(self, slot: Slot) -> str:
        if slot.kind in _PASSING:
            return "‹…›"
        name = self.names.get(slot.name)
        return f"‹another {slot.kind}›" if name is None else f"‹{name}›"

    # differences

    def _verdicts(self, one: ScriptStep, other: ScriptStep) -> Iterator[Told]:
        ours, theirs = self.one.steps[one.n].verdicts, self.other.steps[other.n].verdicts
        for (kind, before), (_, now) in zip(ours.items(), theirs.items(), strict=True):
            a, b = before[self.profile], now[self.profile]
            if a is b or (Verdict.NONE in (a, b) and Verdict.FAIL not in (a, b)):
                continue
            judged = Verdict.UNCHECKED not in (a, b)
            cause = Cause.UNEXPECTED if judged else Cause.EXPECTED
            why = f"the {kind} is right on one side only" if judged else f"the {kind} can't be checked on one side"
            difference = Difference((kind, "verdict"), a.value, b.value)
            yield Told(part="request", difference=difference, cause=cause, why=why)

    def _messages(self, part: str, one: ScriptStep, other: ScriptStep, *, follows: bool = False) -> Iterator[Told]:
        if one.operation in _QUIET or (part == "response" and one.operation == "finish_redirect"):
            return  # the latter is the client's own page
        ours: Template | None = getattr(one, part)  # type: ignore[type-arg]
        theirs: Template | None = getattr(other, part)  # type: ignore[type-arg]
        if ours is None or theirs is None:
            if ours is not theirs:
                said = ["no answer" if each is None else "an answer" for each in (ours, theirs)]
                yield self._told(part, Difference(("answer",), *said), one, follows=follows)
            return
        first = leaves(ours.message, ours.holes, self._mine)
        second = leaves(theirs.message, theirs.holes, self._theirs)
        other_outcome = part == "response" and one.status != other.status
        for difference in differences(first, second):
            if other_outcome and difference.place[0] == "body" and "error" not in difference.place[:2]:
                continue  # one of them is a refusal: that says it all
            if not self.twins.alike(difference.one, difference.other):
                yield self._told(part, difference, one, follows=follows)

    def _told(self, part: str, difference: Difference, step: ScriptStep, *, follows: bool) -> Told:
        cause, why = self._cause(part, difference, step, follows)
        if why in (_CHOSEN, _OWN_WORDS):
            self.chosen |= why == _CHOSEN
            self.repeated.add((difference.one, difference.other))
        if cause is not Cause.EXPECTED:
            self.said.add((difference.one, difference.other))
        return Told(part=part, difference=difference, cause=cause, why=why)

    def _cause(self, part: str, difference: Difference, step: ScriptStep, follows: bool) -> tuple[Cause, str]:
        if why := self._expected(part, difference.place, step):
            return Cause.EXPECTED, why
        if part == "response" and (difference.one, difference.other) in self.repeated:
            return Cause.EXPECTED, "it repeats what the client chose"
        if follows:
            return Cause.CONSEQUENCE, "the request differs" if part == "response" else "it uses what differed before"
        pair = (difference.one, difference.other)
        if pair in self.said and _is_value(difference.place):
            return Cause.CONSEQUENCE, "the same two values as before"
        if part == "request" and any(name in (difference.one or "") for name in self._tainted_names()):
            return Cause.CONSEQUENCE, "it uses what differed before"
        if step.payment in self.parted and (part == "response" or not step.own):
            return Cause.CONSEQUENCE, "the runs parted before"
        return Cause.UNEXPECTED, "nothing before it explains it"

    def _expected(self, part: str, place: Place, step: ScriptStep) -> str | None:
        if place[-1] == "value" and str(place[-2]).endswith("Amount"):
            template = step.request if part == "request" else None
            holes = {hole.place: hole.slot for hole in template.holes} if template else {}
            slot = holes.get(place[:-1])
            if template and (slot is None or slot.kind is ValueKind.ASSET):
                return _CHOSEN
            if self.chosen:
                return "it follows from the amount that the client chose"
        if part == "request" and place[0] == "body" and {"metadata", "expiresAt"} & set(place):
            return _OWN_WORDS
        return _expected(place, step, part, last=self._is_last(step))

    def _tainted_names(self) -> Iterator[str]:
        return (f"‹{name}›" for name in self.tainted)

    def _is_last(self, step: ScriptStep) -> bool:
        """Whether no later step asks the same: what a resource has come to in the end must not differ."""
        if not self.last:
            self.last.update({_asked(each): each.n for each in self.one.script.steps})
        return self.last[_asked(step)] == step.n

    def _findings(self, one: ScriptStep | None, other: ScriptStep) -> tuple[str, ...]:
        known = {finding.rule for finding in self.one.steps[one.n].findings} if one else set()
        return tuple(f.title for f in self.other.steps[other.n].findings if f.rule not in known)


def _asked(step: ScriptStep) -> tuple[str, str, int | None]:
    return step.operation, step.exchange.request.url, step.payment


def _family(step: ScriptStep) -> str:
    """Accepting and rejecting are answers to one question."""
    return "consent" if step.operation.startswith("consent_") else step.operation


def _is_new(hole: Hole, side: Side) -> bool:
    """Whether no message of the side before this one has the value, or none that is looked at."""
    return hole.brings or hole.slot.n not in side.steps


def _place(hole: Hole) -> Place:
    return CLIENT if hole.place[:2] == CLIENT else hole.place


def _expected(place: Place, step: ScriptStep, part: str, *, last: bool) -> str | None:
    """Why any two runs may differ at a place; None if they may not."""
    names = set(place)
    if place[0] in ("signature", "content-digest") and place[-1] != "verdict":
        return "another key" if place[-1] == "keyid" else "signed in another way"
    if names & _SECRETS_OF_A_RUN:
        return "made anew in each run"
    if place[-1] in _SETTINGS:
        return "a setting of the server"
    if step.operation in _LISTS and part == "response" and names & {"result", "pagination"}:
        return "it depends on what was there before"
    if step.operation in READS and part == "response" and names & _PROGRESS and not (last and step.own):
        return "it depends on when it was asked"
    return None


def _is_value(place: Place) -> bool:
    return place[0] in ("body", "url", "location", "authorization")
