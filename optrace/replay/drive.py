"""Driving a script again, without touching the world: what to do next goes out, what came of it comes in.

    driving = drive(script, bindings, ...)
    action = next(driving)                 # Send, Interact, Wait, Confirm or a Result
    action = driving.send(answer)          # for Send a response or why none came, for Interact what the browser
                                           # brought back, for Confirm yes or no; for the others None

Only the client's own calls are sent. Between them a browser is asked for consent, with the decision that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from optrace.core.bodies import read_body
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.scalars import parse_timestamp
from optrace.core.urls import parse
from optrace.exchanges.view import View, dig, text
from optrace.replay.bind import Bindings
from optrace.replay.kinds import INTERACTION, TARGETS, ValueKind
from optrace.replay.script import Script, ScriptStep, Slot
from optrace.replay.signing import keyid_of, signed_again, with_body_fields, with_keyid, with_length
from optrace.signatures.keys import SigningKey

_CONTINUATIONS = ("grant_continue", "grant_poll")
_LISTS = ("incoming_payment_list", "outgoing_payment_list")  # what they hold depends on what was there before
_PASSING = (ValueKind.TIME, ValueKind.CURSOR)
_MORTAL = (ValueKind.INCOMING_PAYMENT, ValueKind.QUOTE)
_AFTER = timedelta(milliseconds=50)  # when something has expired for certain
_LONGEST_WAIT = timedelta(minutes=10)
MOVES_MONEY = frozenset({"outgoing_payment_create"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send this request. Answer: an HttpResponse, or in words why none came."""

    step: ScriptStep
    request: HttpRequest
    sign: Callable[[HttpRequest], HttpRequest]  # signs it again, if something is changed before it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Interact:
    """Bring a browser to a URL. Answer: the parameters that it came back with, empty if it didn't."""

    step: ScriptStep  # the grant request
    url: str
    finish_uri: str | None
    decision: str  # accept or reject, as it was recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Let time pass."""

    step: ScriptStep
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Ask whether money may move. Answer: whether it may."""

    step: ScriptStep
    request: HttpRequest


class Outcome(StrEnum):
    """How a replayed step went, held against the recording."""

    SAME = "same"
    DIFFERS = "differs"
    UNSENT = "not sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a step."""

    step: ScriptStep
    outcome: Outcome
    status: int | None = None
    why: str = ""
    missing: tuple[Slot, ...] = ()
    origin: str | None = None  # the host that wasn't named


Action = Send | Interact | Wait | Confirm | Result
Answer = HttpResponse | Mapping[str, str] | str | bool | None
Driving = Generator[Action, Answer, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a replay is made with."""

    key_of: Callable[[str | None], SigningKey | None]  # live wallet address of the client -> its key
    reach: Callable[[str], str | None]
    now: Callable[[], datetime]
    nonce: Callable[[], str]


def calls(script: Script) -> list[ScriptStep]:
    """The steps that a replay goes through: the client's own calls, and the browser's hops between them."""
    return [step for step in script.steps if step.operation in INTERACTION or (step.own and step.operation in TARGETS)]


def drive(script: Script, bindings: Bindings, means: Means, *, start: int = 1, keep_going: bool = False) -> Driving:
    """Go through a script. It ends after the first step that differs, unless it is to keep going.

    Args:
        start: exchange of the recording to begin with; for what comes before, the recorded answers count.
    """
    driver = _Driver(script, bindings, means)
    for step in calls(script):
        if step.n < start:
            driver.take_as_recorded(step)
            continue
        if step.operation in INTERACTION:
            yield from driver.interact(step)
            continue
        result = yield from driver.call(step)
        yield result
        if result.outcome is not Outcome.SAME and not keep_going:
            return


class _Driver:
    def __init__(self, script: Script, bindings: Bindings, means: Means) -> None:
        self.script, self.bindings, self.means = script, bindings, means
        self.asked: set[int] = set()  # grants whose interaction is over
        self.ready: dict[int, datetime] = {}  # grant -> when it may be continued
        self.expiries: dict[str, tuple[datetime, datetime]] = {}  # slot -> when it expired, and when it will
        # the recorded names of keys that were good; one that wasn't known stays unknown
        self.kids = {kid for step in calls(script) if not step.refuted and (kid := keyid_of(step.exchange.request))}
        self.confirmed = False

    def take_as_recorded(self, step: ScriptStep) -> None:
        """A step that was done before: its values are those of the recording."""
        for template in (step.request, step.response):
            for hole in template.holes if template else ():
                if hole.brings:
                    self.bindings.bind(hole.slot, hole.slot.recorded)
        if step.operation in INTERACTION and step.grant is not None:
            self.asked.add(step.grant)

    def call(self, step: ScriptStep) -> Generator[Action, Answer, Result]:
        """One call of the client."""
        if step.operation == "grant_continue" and step.grant is not None:
            yield from self.interact(step)
        if missing := self.bindings.missing(step.request):
            return Result(step=step, outcome=Outcome.UNSENT, missing=missing, why=_needs(missing))
        filled = self.bindings.fill(step.request)
        url = self.means.reach(filled.url)
        if url is None:
            origin = parse(filled.url).origin
            why = f"--to doesn't name {origin}"
            return Result(step=step, outcome=Outcome.UNSENT, why=why, origin=origin)
        yield from self._wait(step)
        request = self._signed(replace(filled, url=url, authority=None), step)
        if step.operation in MOVES_MONEY and not self.confirmed:
            if not (yield Confirm(step=step, request=request)):
                return Result(step=step, outcome=Outcome.UNSENT, why="money would have moved, and nobody agreed")
            self.confirmed = True
        answer = yield Send(step=step, request=request, sign=partial(self._signed, step=step))
        if not isinstance(answer, HttpResponse):
            return Result(step=step, outcome=Outcome.DIFFERS, why=f"no answer: {answer}")
        return self._result(step, answer)

    def _wait(self, step: ScriptStep) -> Driving:
        """Wait as long as the AS asks, and until what had expired in the recording has expired again."""
        until = []
        if step.operation in _CONTINUATIONS and step.grant in self.ready and _code(step) != "too_fast":
            until.append(self.ready[step.grant])
        for slot in step.request.uses:
            recorded, live = self.expiries.get(slot.name, (None, None))
            if recorded is not None and live is not None and recorded <= step.exchange.started:
                until.append(live + _AFTER)
        left = min(max(until, default=self.means.now()) - self.means.now(), _LONGEST_WAIT).total_seconds()
        if left > 0:
            yield Wait(step=step, seconds=left)

    def _signed(self, request: HttpRequest, step: ScriptStep) -> HttpRequest:
        recorded = step.exchange.request
        created = int(self.means.now().timestamp())
        key = self.means.key_of(self._client(step))
        if step.refuted and (step.status or 0) >= 400:  # it was refused for that, and is to be refused again
            request = with_length(request) if "digest" in step.refuted else with_body_fields(request, recorded)
            return with_keyid(request, {} if key is None else dict.fromkeys(self.kids, key.kid))
        return signed_again(request, recorded, key, created=created, nonce=self.means.nonce)

    def _client(self, step: ScriptStep) -> str | None:
        """The live wallet address of the client whose grant a call belongs to."""
        for each in (step, *(s for s in self.script.steps if s.n == step.grant)):
            for hole in each.request.holes:
                if hole.slot.kind is ValueKind.CLIENT and hole.place[0] == "body":
                    return self.bindings.value(hole.slot)
        return None

    def _result(self, step: ScriptStep, answer: HttpResponse) -> Result:
        missing = self.bindings.learn(step.response, answer) if step.response is not None else ()
        body = read_body(answer.fields, answer.body).json
        wait = dig(body, "continue", "wait")
        if step.grant is not None and isinstance(wait, int) and not isinstance(wait, bool) and 0 <= wait < 10**6:
            self.ready[step.grant] = self.means.now() + timedelta(seconds=wait)
        live = View(replace(step.exchange, response=answer))
        recorded = View(step.exchange)
        self._note_expiry(step, recorded, live)
        if answer.status != step.status:
            said = " ".join(part for part in live.error if part)
            why = f"{answer.status} instead of {step.status or 'no answer'}{f': {said}' if said else ''}"
        elif live.error[0] != recorded.error[0]:
            why = f"{live.error[0] or 'no code'} instead of {recorded.error[0] or 'no code'}"
        elif step.operation not in _LISTS and any(slot.kind not in _PASSING for slot in missing):
            why = f"the answer doesn't bring {', '.join(slot.kind for slot in missing)}"
        else:
            return Result(step=step, outcome=Outcome.SAME, status=answer.status)
        return Result(step=step, outcome=Outcome.DIFFERS, status=answer.status, why=why, missing=missing)

    def _note_expiry(self, step: ScriptStep, recorded: View, live: View) -> None:
        before, now = (parse_timestamp(text(view.got.get("expiresAt")) or "") for view in (recorded, live))
        old, new = (_life(view) for view in (recorded, live))
        for slot in step.response.births if step.response else ():
            if slot.kind in _MORTAL and before and now:
                self.expiries[slot.name] = before, now
            elif slot.kind is ValueKind.TOKEN and old is not None and new is not None:
                given = step.exchange.ended or step.exchange.started
                self.expiries[slot.name] = given + old, self.means.now() + new

    # the interaction

    def interact(self, step: ScriptStep) -> Driving:
        """Ask for consent once for each grant, as it was asked for in the recording."""
        grant = step.grant
        if grant is None or grant in self.asked:
            return
        hops = [each for each in self.script.steps if each.grant == grant and each.operation in INTERACTION]
        decision = _decision(hops, step)
        asked = next((each for each in self.script.steps if each.n == grant), None)
        if decision is None or asked is None:
            return
        slots = {hole.slot.kind: hole.slot for hole in asked.response.holes} if asked.response else {}
        finish = next((h.slot for h in asked.request.holes if h.slot.kind is ValueKind.FINISH_URI), None)
        url = self.bindings.value(slots[ValueKind.INTERACT_URL]) if ValueKind.INTERACT_URL in slots else None
        if url is None:
            return
        self.asked.add(grant)
        came = yield Interact(
            step=asked, url=url, finish_uri=self.bindings.value(finish) if finish else None, decision=decision
        )
        if isinstance(came, Mapping):
            self._take(hops, step, came)

    def _take(self, hops: list[ScriptStep], step: ScriptStep, came: Mapping[str, str]) -> None:
        """What the browser brought back, for the slots that it brought in the recording."""
        for each in (*hops, step):
            holes = (*each.request.holes, *(each.response.holes if each.response else ()))
            for hole in holes:
                if hole.slot.kind is ValueKind.INTERACT_REF and hole.brings and "interact_ref" in came:
                    self.bindings.bind(hole.slot, came["interact_ref"])


def _decision(hops: list[ScriptStep], step: ScriptStep) -> str | None:
    """What the user decided in the recording; None if nobody got that far."""
    for hop in hops:
        said = View(hop.exchange)
        results = [parse(url).parameter("result") for url in (said.url, said.location or "")]
        if hop.operation == "consent_reject" or "grant_rejected" in results:
            return "reject"
    kinds = {h.slot.kind for hop in hops for t in (hop.request, hop.response) if t for h in t.holes}
    if ValueKind.INTERACT_REF in kinds or any(hop.operation == "consent_accept" for hop in hops):
        return "accept"
    return "accept" if not hops and (step.status or 500) < 400 else None


def _code(step: ScriptStep) -> str | None:
    return View(step.exchange).error[0]


def _needs(missing: tuple[Slot, ...]) -> str:
    return "it needs " + ", ".join(f"the {slot.kind} of step {slot.n}" for slot in missing)


def _life(view: View) -> timedelta | None:
    """How long an access token lives (`expires_in`, RFC 9635 §3.2.1); None if it isn't said."""
    seconds = dig(view.got, "access_token", "expires_in")
    sound = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < 10**9
    return timedelta(seconds=seconds) if sound else None
