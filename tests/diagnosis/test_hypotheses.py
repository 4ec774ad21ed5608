"""Right here and refused there: the server-side views under which the signature fails."""

from __future__ import annotations

from optrace.core.findings import Severity
from optrace.diagnosis.hypotheses import hypotheses
from tests.diagnosis.desk import case_of, findings, session


def views(**fault: object) -> list[str]:
    """What the server may see."""
    return [one.view for one in hypotheses(case_of(**fault))]


def test_the_inner_scheme_comes_first_over_tls() -> None:
    assert views()[0].startswith("TLS ends at a proxy")


def test_plain_http_has_no_inner_scheme() -> None:
    assert not any("TLS" in view for view in views(url="http://as.example/t"))


def test_what_is_not_covered_is_no_suspect() -> None:
    all_ = " ".join(views())
    bare = " ".join(views(covered=["@method", "@target-uri", "content-digest"]))
    assert "Content-Type" in all_
    assert "Content-Type" not in bare


def test_an_older_key_is_always_possible() -> None:
    assert "another key" in views()[-1]


def test_what_fails_here_needs_no_hypothesis() -> None:
    assert views(signed={"@method": "post"}) == []


def test_the_rule_words_it_as_what_may_be() -> None:
    (finding,) = findings(*session())
    assert (finding.rule, finding.severity, finding.proof) == ("SIG-026", Severity.INFO, None)
    assert "The server may see: (1) TLS ends at a proxy" in finding.detail
    assert "TRUST_PROXY" in finding.remedy


def test_an_accepted_request_gets_no_hypothesis() -> None:
    assert findings(*session(status=200)) == ()
