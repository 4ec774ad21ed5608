"""What the profiles look at: the message, each signature with its bases, the keys, and one memo of the mathematics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optrace.core.findings import Check, Judgement, Judgements, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.quick import quick
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.components import NO_COMPONENTS, BaseError, Components
from optrace.signatures.keys import Key, KeySet
from optrace.signatures.reading import SignatureParams


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureSeen:
    """One labelled signature of a message, as sent and as recomputed.

    `base` is by RFC 9421, over the strict serialisation; `raw_base` over the member as it was written, None where it
    is the same. `valid` and `raw_valid` are what the key says of each, None where that couldn't be asked.
    """

    label: str | None
    input_text: str  # the raw member after `label=`
    components: Components = NO_COMPONENTS
    params: SignatureParams | None = None
    signature: bytes | None = None
    base: bytes | None = None
    raw_base: bytes | None = None
    key: Key | None = None
    valid: bool | None = None
    raw_valid: bool | None = None
    problems: tuple[str, ...] = ()  # what keeps it from being a signature by RFC 9421's syntax
    canonical: bool = False  # as in `Reading`
    base_error: BaseError | None = None

    @property
    def verifies(self) -> bool:
        """Whether the key made it, over either base."""
        return bool(self.valid or self.raw_valid)

    @property
    def covered(self) -> frozenset[str]:
        """The names of what is covered, in whatever serialisation; trailers don't count."""
        return self.components.names


@dataclass(slots=True)
class Mathematics:
    """Verifies, and remembers: the profiles ask the same question more than once."""

    known: dict[tuple[int, str, bytes, bytes], bool] = field(default_factory=dict)

    def verify(self, public: Any, algorithm: str, base: bytes, signature: bytes) -> bool:
        """Whether the signature over the base is right for this key and algorithm."""
        question = (id(public), algorithm, base, signature)
        answer = self.known.get(question)
        if answer is None:
            answer = self.known[question] = ALGORITHMS[algorithm].verify(public, base, signature)
        return answer


@dataclass(slots=True, kw_only=True)
class Case:
    """One message before the profiles. `steps` are the checks that `rfc` and `open-payments` share, by signature."""

    message: HttpRequest | HttpResponse
    request: HttpRequest | None  # that a response answers
    keys: KeySet
    now: datetime
    digest: Judgements
    signatures: tuple[SignatureSeen, ...]
    steps: tuple[tuple[Check, ...], ...] = ()
    mathematics: Mathematics = field(default_factory=Mathematics)


_PASS = Verdict.PASS
_WEIGHT = {Verdict.FAIL: 3, Verdict.UNCHECKED: 2, Verdict.DIFFERS: 1}


def conclude(checks: tuple[Check, ...]) -> Judgement:
    """The judgement that follows from all checks: the worst of them, with its detail as the reason."""
    wrong = [check for check in checks if check.verdict is not _PASS]
    if not wrong:
        return Judgement(verdict=_PASS, checks=checks)
    worst = max(wrong, key=lambda check: _WEIGHT.get(check.verdict, 0))  # the first of the worst
    return Judgement(verdict=worst.verdict, reason=worst.detail or worst.name, checks=checks)


def best(judgements: Sequence[Judgement]) -> Judgement:
    """Of several signatures one is enough (RFC 9635 7.3.1): the best judgement, the first of equals."""
    if len(judgements) == 1:
        return judgements[0]
    return min(judgements, key=lambda judgement: _WEIGHT.get(judgement.verdict, 0))
