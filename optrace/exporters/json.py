"""One JSON document: what `optrace check --format json` says, with each exchange as it was on the wire."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from optrace.core.exchange_json import to_json
from optrace.core.findings import Severity
from optrace.core.messages import Exchange
from optrace.exporters.material import Exporter, Listing, Material
from optrace.session.members import SCHEMA, exchange_member, payment_member


def _head(material: Material) -> str:
    payments = [payment_member(payment) for payment in material.payments]
    head = {
        "optrace": material.versions.get("optrace", "0"),
        "schema": SCHEMA,
        "source": material.source,
        "damage": material.damage,
        "masked": material.secrets is not None,
        "payments": payments,
    }
    return material.clean(_text(head))[:-1] + ',"exchanges":[\n'


def _wire(exchange: Exchange, sweep: Callable[[str], str]) -> str:
    return _text(to_json(exchange))


def _whole(material: Material, n: int, wire: str) -> str:
    member = exchange_member(material.step(n), reveal=True, note=material.note(n), marked=n in material.marks)
    return f'{_text(member)[:-1]},"exchange":{wire}}}'


def _tail(material: Material) -> str:
    """The counts of findings."""
    found = (finding.severity.value for n in material.numbers for finding in material.trace.step(n).findings)
    counts = Counter(found)
    return '\n],"findings":' + _text({severity.value: counts[severity.value] for severity in Severity}) + "}\n"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_LISTING = Listing(head=_head, wire=_wire, whole=_whole, between=",\n", tail=_tail)
EXPORTER = Exporter(
    name="json",
    title="one document: what `check --format json` says, and each exchange as on the wire",
    suffix=".json",
    write=_LISTING.write,
    listing=_LISTING,
)
