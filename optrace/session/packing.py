"""Steps and payments as bytes and back, without loss, in blocks that can be read alone.

A block is a JSON array of columns, one for each member of the class, deflated: what comes again and again in a column
(operations, lanes, hosts) takes next to nothing there. Some 60 bytes remain of a step.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from optrace.core.findings import Finding, Proof, Severity, Verdict
from optrace.core.json_bytes import of_json_bytes
from optrace.core.quick import making
from optrace.core.specs import SpecRef
from optrace.session.rows import NO_REASONS
from optrace.session.steps import ByProfile, Payment, Step, Verdicts

BLOCK = 256  # steps, or payments, of one block
_LEVEL = 6
_LIMIT = 64 * 1024 * 1024  # bytes of a block, unpacked
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)

Convert = Callable[[Any], Any]


class Unpackable(ValueError):
    """Bytes that are no block, or one of other classes than the present ones."""


def pack_steps(steps: Sequence[Step]) -> bytes:
    """One block of steps."""
    return _pack(steps, _STEP)


def unpack_steps(packed: bytes) -> list[Step]:
    """The steps of a block. Raises Unpackable."""
    return _unpack(packed, Step, _STEP)


def is_whole(packed: object) -> bool:
    """Whether a block is there to its last byte, and no bit of it has flipped."""
    if not isinstance(packed, bytes):
        return False
    try:
        unpacker = zlib.decompressobj()
        unpacker.decompress(packed, _LIMIT)
        return unpacker.eof and not unpacker.unused_data
    except zlib.error:
        return False


def pack_payments(payments: Sequence[Payment]) -> bytes:
    """One block of payments."""
    return _pack(payments, _PAYMENT)


def unpack_payments(packed: bytes) -> list[Payment]:
    """The payments of a block. Raises Unpackable."""
    return _unpack(packed, Payment, _PAYMENT)


def _pack(values: Sequence[Any], members: Mapping[str, tuple[Convert, Convert]]) -> bytes:
    columns = [[to(getattr(value, name)) for value in values] for name, (to, _) in members.items()]
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode("ascii"), _LEVEL)


def _unpack[T](packed: bytes, kind: type[T], members: Mapping[str, tuple[Convert, Convert]]) -> list[T]:
    try:
        unpacker = zlib.decompressobj()
        columns = of_json_bytes(unpacker.decompress(packed, _LIMIT))
        if not unpacker.eof:
            raise Unpackable("it has no end")
        if len(set(map(len, columns))) > 1:
            raise Unpackable("its columns aren't of one length")
        read = [map(back, column) for column, (_, back) in zip(columns, members.values(), strict=True)]
        return list(map(making(kind), *read))
    except (zlib.error, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise Unpackable(str(error)) from None


def _same(value: Any) -> Any:
    return value


def micros(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def instant(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + micros * _MICROSECOND


_LETTERS = {Verdict.PASS: "p", Verdict.FAIL: "f", Verdict.DIFFERS: "d", Verdict.UNCHECKED: "u", Verdict.NONE: "-"}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


@lru_cache(maxsize=1024)
def _letters(verdicts: Verdicts) -> str:
    return "".join(_LETTERS[each] for _, by in verdicts.items() for each in (by.rfc, by.open_payments, by.rafiki))


@lru_cache(maxsize=1024)
def _verdicts(letters: str) -> Verdicts:
    signature, digest, hash_ = (ByProfile(*(_VERDICTS[one] for one in letters[at : at + 3])) for at in (0, 3, 6))
    return Verdicts(signature, digest, hash_)


def _reasons(reasons: Mapping[str, str]) -> dict[str, str] | int:
    return dict(reasons) or 0


def _to_reasons(reasons: dict[str, str] | int) -> Mapping[str, str]:
    return reasons if isinstance(reasons, dict) else NO_REASONS


def _findings(findings: Iterable[Finding]) -> list[Any]:
    return [dataclasses.asdict(finding) for finding in findings]


def _to_findings(findings: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(_to_finding(members) for members in findings)


def _to_finding(members: dict[str, Any]) -> Finding:
    spec, proof = members["spec"], members["proof"]
    return Finding(
        **members
        | {
            "severity": Severity(members["severity"]),
            "spec": None if spec is None else SpecRef(**spec),
            "proof": None if proof is None else Proof(**proof),
            "related": tuple(members["related"]),
        }
    )


def _members(kind: type, others: Mapping[str, tuple[Convert, Convert]]) -> Mapping[str, tuple[Convert, Convert]]:
    return {field.name: others.get(field.name, (_same, _same)) for field in dataclasses.fields(kind)}


_STEP = _members(
    Step,
    {
        "started": (micros, instant),
        "ended": (micros, instant),
        "verdicts": (_letters, _verdicts),
        "reasons": (_reasons, _to_reasons),
        "findings": (_findings, _to_findings),
        "problems": (list, tuple),
    },
)
_PAYMENT = _members(
    Payment,
    {
        "exchanges": (list, tuple),
        "context": (list, tuple),
        "started": (micros, instant),
        "ended": (micros, instant),
    },
)
