"""The data of the HTML page, small: each text, check and judgement is there once, and stands elsewhere as a number.

All texts are safe to show. `script.js.html` reads these lists by position; what comes first here, comes first there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from optrace.core.fields import Fields
from optrace.core.findings import PROFILES, Check, Finding, Judgement, Judgements, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.text import safe, safe_lines
from optrace.exporters.material import Material
from optrace.session.steps import Detail

_LONGEST_VALUE = 16_000  # characters; what is longer is cut, and the text says so
_LONGEST_BODY = 200_000
_VERDICTS = tuple(Verdict)


class Pages:
    """Makes the data, and remembers what was there before."""

    def __init__(self, material: Material) -> None:
        self.strings: list[str] = []
        self.checks: list[Any] = []
        self.judgements: list[Any] = []
        self._strings: dict[str, int] = {}
        self._checks: dict[Any, int] = {}
        self._judgements: dict[Any, int] = {}
        self._material = material
        self._diagram = material.diagram
        self._first: float | None = None
        self._chosen = set(material.numbers)

    def lanes(self) -> list[Any]:
        """[name, side, hosts] of each lane."""
        hosts = self._diagram.hosts
        found = []
        for lane in self._diagram.lanes:
            own = [*hosts.get(lane.id, ()), *(hosts.get("s.wa", ()) if lane.id == "s.rs" else ())]
            found.append([lane.name, lane.side, [safe(self._material.clean(host)) for host in dict.fromkeys(own)]])
        return found

    def payments(self) -> list[Any]:
        """[id, title, amount, state] of each payment."""
        return [[p.id, safe(p.title), safe(p.amount or ""), p.state] for p in self._material.payments]

    def exchange(self, n: int) -> list[Any]:
        """All of one exchange."""
        material, detail = self._material, self._material.detail(n)
        step, exchange = detail.step, detail.exchange
        arrow, note = self._diagram.exchange(step), self._diagram.note(step, material.profile)
        noted = [] if (said := material.note(n)) is None else [f"noted: {said}"]
        noted += ["marked"] if n in material.marks else []
        started = step.started.timestamp() * 1000
        self._first = started if self._first is None else self._first
        duration = None if step.duration is None else round(step.duration.total_seconds() * 1000, 1)
        return [
            n,
            arrow.source,
            arrow.target,
            self._text(f"{arrow.method} {arrow.label}".strip()),
            "".join(step.mark(profile) for profile in PROFILES),
            step.proven,
            step.status,
            None if step.error is None else self._text(step.error),
            round(started),
            duration,
            [step.payment, step.scene, step.grant, step.retry_of],
            int(arrow.retried) + 2 * int(arrow.between_servers) + 4 * int(arrow.in_flight),
            self._text(step.operation),
            self._text(step.method),
            self._text(step.url),
            self._text(f"{step.source} → {step.target}"),
            None if note is None else [self._text(note.text), int(note.good)],
            self._text(detail.sentence),
            [self._finding(finding) for finding in step.findings],
            [
                self._kind(material.signature_judgements(detail)),
                self._kind(detail.digest),
                self._kind(detail.hash),
            ],
            self._bases(detail),
            [[self._text(f.name), self._text(f.value), f.born_in] for f in detail.facts],
            self._request(exchange.request),
            None if exchange.response is None else self._response(exchange.response),
            [self._text(text) for text in (*noted, *exchange.notes, *step.problems)],
        ]

    def _finding(self, finding: Finding) -> list[Any]:
        proof, spec = finding.proof, finding.spec
        said = [finding.rule, finding.severity.value, finding.title, finding.detail, finding.remedy]
        return [
            *(self._text(text) for text in said),
            None if spec is None else [self._text(str(spec)), self._text(spec.link or "")],
            None if proof is None else [self._text(proof.change), proof.tried, self._evidence(proof.evidence.items())],
            None if proof is None or proof.base is None else self._base(proof.base),
            [n for n in finding.related if n in self._chosen],
        ]

    def _evidence(self, items: Iterable[tuple[str, str]]) -> list[int]:
        return [self._text(text) for pair in items for text in pair]

    def _kind(self, judgements: Judgements | None) -> list[int] | None:
        if judgements is None or all(judgement.verdict is Verdict.NONE for judgement in judgements.values()):
            return None
        return [self._judgement(judgements[profile]) for profile in PROFILES]

    def _judgement(self, judgement: Judgement) -> int:
        checks = [self._check(check) for check in judgement.checks]
        reason = None if judgement.reason is None else self._text(judgement.reason)
        key = (_VERDICTS.index(judgement.verdict), reason, tuple(checks))
        return _place(self._judgements, self.judgements, key, [key[0], reason, checks])

    def _check(self, check: Check) -> int:
        texts = (None if text is None else self._text(text) for text in (check.expected, check.got, check.detail))
        key = (self._text(check.name), _VERDICTS.index(check.verdict), *texts)
        return _place(self._checks, self.checks, key, list(key))

    def _bases(self, detail: Detail) -> list[Any]:
        seen = detail.signature.signatures if detail.signature else ()
        return [
            [self._text(each.label or "no label"), self._base(self._material.base(each.base))]
            for each in seen
            if each.base is not None
        ]

    def _base(self, base: str) -> list[int]:
        """Names and values of the lines, alternating: the values are those of the fields."""
        found = []
        for line in base.split("\n"):
            name, colon, value = line.partition(": ")
            found += [self._text(name + colon), self._text(value)]
        return found

    def _request(self, request: HttpRequest) -> list[Any]:
        return [
            self._text(request.http_version),
            self._fields(request.fields, request.trailers),
            self._body(request.body),
        ]

    def _response(self, response: HttpResponse) -> list[Any]:
        line = f"{response.http_version} {response.status} {response.reason}".rstrip()
        return [self._text(line), self._fields(response.fields, response.trailers), self._body(response.body)]

    def _fields(self, fields: Fields, trailers: Fields | None) -> list[int]:
        """Names and values, alternating."""
        raw = (*fields.raw, *(trailers.raw if trailers else ()))
        return [self._text(part.decode("utf-8", "backslashreplace")) for pair in raw for part in pair]

    def _body(self, body: bytes | None) -> int | None:
        if body is None:
            return self._text("(the body was not kept)")
        if not body:
            return None
        text = body.decode("utf-8", "backslashreplace")
        return self._string("\n".join(safe_lines(_cut(text, _LONGEST_BODY))))

    def _text(self, text: str) -> int:
        return self._string(safe(_cut(text, _LONGEST_VALUE)))

    def _string(self, text: str) -> int:
        return _place(self._strings, self.strings, text, text)


def _place(known: dict[Any, int], values: list[Any], key: Any, value: Any) -> int:
    at = known.get(key)
    if at is None:
        at = known[key] = len(values)
        values.append(value)
    return at


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters in all)"
