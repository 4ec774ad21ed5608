"""How far a server got, by its answer (G1 of the catalogue): what was passed, what failed, what was never reached."""

from __future__ import annotations

import pytest

from optrace.diagnosis.case import Case
from optrace.diagnosis.stages import AS_STAGES, AS_TOKEN_STAGES, RS_STAGES, Reached, reached, stages
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.rules.scene import Scene, value_of

AS = {
    (404, None, "Not Found"): "route",
    (406, None, "Not Acceptable"): "shape of the request",
    (400, "", "Received error validating OpenAPI request: body.client must be string"): "shape of the request",
    (401, "invalid_client", "invalid signature headers"): "signature headers",
    (400, "invalid_client", "missing required request field 'client'"): "client",
    (401, "invalid_client", "invalid signature input"): "keyid",
    (400, "invalid_client", "could not determine client"): "key in the JWKS",
    (500, None, "Internal Server Error"): "key in the JWKS",
    (401, "invalid_client", "invalid signature"): "signature",
    (404, "invalid_request", "Not Found"): "tenant",
    (400, "invalid_request", "access identifier required"): "grant",
    (500, "request_denied", "internal server error"): "grant",
}
RS = {
    (404, None, "Not Found"): "route",
    (400, "400", "Received error validating OpenAPI request: body must have required property"): "shape of the request",
    (401, "401", "Unauthorized"): "wallet address",
    (403, "403", "Inactive Token"): "token",
    (403, "403", "Insufficient Grant"): "token",
    (401, "401", "Missing or invalid authorization header value"): "token",
    (401, "401", "Signature validation error: provided signature is invalid"): "signature",
    (401, "401", "Signature validation error: could not find key in list of client keys"): "signature",
    (400, "400", "invalid amount"): "business rules",
}
TOKEN = {
    (401, "invalid_client", "invalid signature headers"): "signature headers",
    (401, "invalid_request", "missing continuation information"): "token and grant",
    (404, "invalid_continuation", "grant not found"): "token and grant",
    (401, "invalid_client", "invalid signature"): "signature",
    (400, "too_fast", "continue too fast"): "state of the grant",
}


def case(where: str, status: int, code: str | None, said: str) -> Case:
    """A call that was answered so."""
    scene = Scene()
    scene.read()
    answer: object = said if code is None else {"error": {"description": said} | ({"code": code} if code else {})}
    if where == "as":
        scene.send("POST", scene.bob.auth, scene.wish(), status=status, answer=answer)
    else:
        token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
        body = {"walletAddress": scene.bob.wallet}
        if where == "rs":
            scene.send("POST", f"{scene.bob.rs}/incoming-payments", body, token=token, status=status, answer=answer)
        else:
            pending = scene.ask()
            scene.send("POST", pending.uri, {"interact_ref": "x"}, token=pending.token, status=status, answer=answer)
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    return Case(trace, scene.exchanges[-1])


TABLES = {"as": (AS, AS_STAGES), "rs": (RS, RS_STAGES), "token": (TOKEN, AS_TOKEN_STAGES)}
ANSWERS = [(where, answer, name) for where, (table, _) in TABLES.items() for answer, name in table.items()]


@pytest.mark.parametrize(("where", "answer", "name"), ANSWERS)
def test_an_answer_tells_where_the_server_stopped(where: str, answer: tuple[int, str | None, str], name: str) -> None:
    found = stages(case(where, *answer))
    names = TABLES[where][1]
    assert tuple(stage.name for stage in found) == names
    at = names.index(name)
    assert [stage.reached for stage in found] == [
        Reached.PASSED if n < at else Reached.FAILED if n == at else Reached.NOT_REACHED for n in range(len(names))
    ]


@pytest.mark.parametrize("where", TABLES)
def test_a_success_has_passed_everything(where: str) -> None:
    assert {stage.reached for stage in stages(case(where, 200, "", ""))} == {Reached.PASSED}


def test_insufficient_grant_says_nothing_of_the_signature() -> None:
    one = case("rs", 403, "403", "Insufficient Grant")
    assert reached(one, "signature") is Reached.NOT_REACHED
    assert reached(one, "no such stage") is Reached.UNKNOWN


def test_other_exchanges_have_no_stages() -> None:
    scene = Scene()
    scene.read()
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    assert stages(Case(trace, scene.exchanges[0])) == ()
