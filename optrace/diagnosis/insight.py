"""What diagnosis adds to a detail, whoever looks: how far the server got, and whose signature it seems to be."""

from __future__ import annotations

from dataclasses import replace

from optrace.diagnosis.case import Case
from optrace.diagnosis.signers import fingerprint
from optrace.diagnosis.stages import stages
from optrace.diagnosis.subject import own_signature
from optrace.session.steps import Detail
from optrace.session.trace import Trace


def with_insight(trace: Trace, detail: Detail) -> Detail:
    """The same detail, with the stages of the server and the signer's fingerprint."""
    case = Case(trace, detail.exchange)
    return replace(
        detail,
        stages=tuple((stage.name, stage.reached.value) for stage in stages(case)),
        signer=fingerprint(detail.exchange.request, own_signature(case)),
    )
