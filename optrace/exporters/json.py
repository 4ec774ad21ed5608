"""One JSON document: what `optrace check --format json` says, with each exchange as it was on the wire."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from optrace.core.exchange_json import to_json
from optrace.core.findings import Severity
from optrace.exporters.material import Exporter, Material
from optrace.session.members import SCHEMA, exchange_member, payment_member


def write(material: Material) -> Iterator[str]:
    """The head, an exchange a line, and the counts of findings at the end: they are known only then."""
    payments = [payment_member(payment) for payment in material.payments]
    head = {
        "optrace": material.versions.get("optrace", "0"),
        "schema": SCHEMA,
        "source": material.source,
        "damage": material.damage,
        "masked": material.secrets is not None,
        "payments": payments,
    }
    yield material.clean(_text(head))[:-1] + ',"exchanges":['
    counts: Counter[str] = Counter()
    before = "\n"
    for n in material.each():
        step = material.step(n)
        counts.update(finding.severity.value for finding in step.findings)
        member = exchange_member(step, reveal=True) | {"exchange": to_json(material.exchange(n))}
        yield before + _text(member)
        before = ",\n"
    yield '\n],"findings":' + _text({severity.value: counts[severity.value] for severity in Severity}) + "}\n"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


EXPORTER = Exporter(
    name="json",
    title="one document: what `check --format json` says, and each exchange as on the wire",
    suffix=".json",
    write=write,
)
