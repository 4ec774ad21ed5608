"""The edge of `optrace.replay.drive`: requests are sent, people asked, and outcomes said, step by step."""

from __future__ import annotations

import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from optrace.cli.editor import NotEdited, edited, open_editor
from optrace.cli.output import Output
from optrace.cli.understanding import Understanding
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.net.consent import Callback, Visitor
from optrace.net.player import NotNamed, Player
from optrace.replay.drive import Answer, Confirm, Driving, Interact, Outcome, Result, Send, Wait
from optrace.replay.edit import changes
from optrace.session.events import ExchangeSeen

_STYLES = {Outcome.SAME: "good", Outcome.DIFFERS: "bad", Outcome.UNSENT: "differs"}
_MARKS = {Outcome.SAME: "✓", Outcome.DIFFERS: "✗", Outcome.UNSENT: "–"}


class Ended(Exception):
    """The user has seen enough."""


@dataclass(slots=True)
class Stage:
    """What a replay plays on."""

    output: Output
    player: Player
    callback: Callback | None  # None: consent is given by the visitor
    visitor: Visitor
    may_pay: bool
    stepwise: bool
    patience: float  # seconds for a person to answer
    browser: bool
    ask: Callable[[str], str] = input
    editor: Callable[[Path], None] = open_editor
    sleep: Callable[[float], None] = time.sleep
    seen: list[Exchange] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def play(self, driving: Driving) -> list[Result]:
        """Do all that the driver asks for; the results, step by step."""
        answer: Answer = None
        try:
            while True:
                action = driving.send(answer)
                match action:
                    case Result():
                        self.results.append(action)
                        self._say(action)
                        answer = None
                    case Send():
                        answer = self._send(action)
                    case Interact():
                        answer = self._interact(action)
                    case Confirm():
                        answer = self._confirm(action)
                    case Wait():
                        self._tell(f"waiting {action.seconds:.0f} s, as the AS asks")
                        self.sleep(action.seconds)
                        answer = None
        except (StopIteration, Ended):
            return self.results

    def _send(self, action: Send) -> Answer:
        request = action.request
        while self.stepwise:
            said = f"{action.step.n:>4}  {request.method} {mask_url(request.url)}"
            match self._asked(f"{safe(said)}\n      Enter sends it, e edits it, s skips it, q ends the replay: "):
                case "q":
                    raise Ended
                case "s":
                    return "skipped"
                case "e":
                    request = self._edited(request, action)
                case _:
                    break
        try:
            exchange = self.player.send(request)
        except NotNamed as why:
            return f"--to doesn't name {why}"
        self.seen.append(exchange)
        response: HttpResponse | None = exchange.response
        return response if response is not None else exchange.error or "nothing came"

    def _edited(self, request: HttpRequest, action: Send) -> HttpRequest:
        secrets = Secrets()
        for exchange in (*self.seen, replace(action.step.exchange, request=request, response=None)):
            secrets.learn(exchange)
        try:
            after = edited(request, secrets, self.editor)
        except NotEdited as why:
            self._tell(f"it stays as it was: {why}")
            return request
        said = changes(request, after)
        if not said:
            self._tell("nothing was changed")
            return request
        self._tell(f"{safe(said)}; it is signed again")
        return action.sign(after)

    def _interact(self, action: Interact) -> Mapping[str, str]:
        if self.callback is None:
            try:
                return self.visitor.visit(action.url, action.decision, action.finish_uri)
            except NotNamed as why:
                self._tell(f"the consent page leads to {why}, which --to doesn't name")
                return {}
        self._tell(f"please answer in a browser (recorded: {action.decision}): {safe(action.url)}")
        if self.browser:
            webbrowser.open(action.url)
        if action.finish_uri is None:
            return {}
        came = self.callback.wait(self.patience)
        if not came:
            self._tell("nobody answered")
        return came

    def _confirm(self, action: Confirm) -> bool:
        if self.may_pay:
            return True
        if not sys.stdin.isatty() and self.ask is input:
            self._tell("money would move; --yes-pay agrees to it in scripts")
            return False
        where = safe(mask_url(action.request.url))
        return self._asked(f"The next step pays: {safe(action.step.label)}, at {where}\nPay? [y/N] ") in ("y", "yes")

    def _asked(self, question: str) -> str:
        try:
            return self.ask(question).strip().lower()
        except EOFError:
            raise Ended from None

    def _tell(self, text: str) -> None:
        self.output.tell(f"      {text}")

    def _say(self, result: Result) -> None:
        step, outcome = result.step, result.outcome
        mark = self.output.style(_MARKS[outcome], _STYLES[outcome])
        lanes = f"{step.source}→{step.target}"
        said = str(result.status or "") if outcome is Outcome.SAME else safe(result.why)
        self.output.say(f"{step.n:>4} {mark} {lanes:<13} {safe(step.label):<40.40} {said}".rstrip())
        if outcome is Outcome.DIFFERS:
            for line in self.findings():
                self.output.say(f"       {self.output.style('found:', 'title')} {line}")
        self.output.out.flush()  # whoever looks on through a pipe sees it as it happens

    def findings(self) -> list[str]:
        """What the rules find wrong with the last exchange, with the cure."""
        trace = Understanding({exchange.n: exchange for exchange in self.seen}.__getitem__)
        trace.feed(ExchangeSeen(exchange=exchange) for exchange in self.seen)
        found = trace.step(self.seen[-1].n).findings if self.seen else ()
        return [safe(f"{finding.rule} {finding.title}") for finding in found[:1]]
