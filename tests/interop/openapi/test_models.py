"""The official OpenAPI documents as judge of our models: whatever they name, a model knows."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from optrace.gnap.continuation import ContinueRequest
from optrace.openpayments.incoming_payment import (
    IncomingPayment,
    IncomingPaymentPage,
    IncomingPaymentRequest,
    PublicIncomingPayment,
)
from optrace.openpayments.outgoing_payment import (
    DirectOutgoingPayment,
    GrantSpentAmounts,
    OutgoingPayment,
    OutgoingPaymentFromQuote,
    OutgoingPaymentPage,
)
from optrace.openpayments.quote import Quote, QuoteRequest
from optrace.openpayments.wallet_address import DidDocument, JwkSet, WalletAddress
from tests.gnap.models import OpGrantRequest, OpGrantResponse
from tests.interop.openapi.documents import body_schema, document, properties

pytestmark = pytest.mark.node

AS, RS, WA = "auth-server", "resource-server", "wallet-address-server"

# (document, path, method, status or None for the request) -> the models that read it
BODIES: dict[tuple[str, str, str, str | None], tuple[type[BaseModel], ...]] = {
    (AS, "/", "post", None): (OpGrantRequest,),
    (AS, "/", "post", "200"): (OpGrantResponse,),
    (AS, "/continue/{id}", "post", None): (ContinueRequest,),
    (AS, "/continue/{id}", "post", "200"): (OpGrantResponse,),
    (AS, "/token/{id}", "post", "200"): (OpGrantResponse,),
    (RS, "/incoming-payments", "post", None): (IncomingPaymentRequest,),
    (RS, "/incoming-payments", "post", "201"): (IncomingPayment,),
    (RS, "/incoming-payments", "get", "200"): (IncomingPaymentPage,),
    (RS, "/incoming-payments/{id}", "get", "200"): (IncomingPayment, PublicIncomingPayment),
    (RS, "/incoming-payments/{id}/complete", "post", "200"): (IncomingPayment,),
    (RS, "/quotes", "post", None): (QuoteRequest,),
    (RS, "/quotes", "post", "201"): (Quote,),
    (RS, "/quotes/{id}", "get", "200"): (Quote,),
    (RS, "/outgoing-payments", "post", None): (OutgoingPaymentFromQuote, DirectOutgoingPayment),
    (RS, "/outgoing-payments", "post", "201"): (OutgoingPayment,),
    (RS, "/outgoing-payments", "get", "200"): (OutgoingPaymentPage,),
    (RS, "/outgoing-payments/{id}", "get", "200"): (OutgoingPayment,),
    (RS, "/outgoing-payment-grant", "get", "200"): (GrantSpentAmounts,),
    (WA, "/", "get", "200"): (WalletAddress,),
    (WA, "/jwks.json", "get", "200"): (JwkSet,),
    (WA, "/did.json", "get", "200"): (DidDocument,),
}


def known(wanted: Any) -> Iterator[tuple[str, ...]]:
    """The path of every member that a model or type knows; `*` for an object whose members are left open."""
    origin = get_origin(wanted)
    if origin is Annotated:
        yield from known(get_args(wanted)[0])
    elif origin in (Union, types.UnionType, tuple):
        for part in get_args(wanted):
            yield from known(part)
    elif wanted is Any or origin is dict:
        yield ("*",)
    elif isinstance(wanted, type) and issubclass(wanted, BaseModel):
        for name, field in wanted.model_fields.items():
            member = field.alias or name
            yield (member,)
            yield from ((member, *rest) for rest in known(field.annotation))


def covers(members: set[tuple[str, ...]], path: tuple[str, ...]) -> bool:
    return path in members or any((*path[:length], "*") in members for length in range(1, len(path)))


@pytest.mark.parametrize("place", BODIES, ids=lambda place: " ".join(part or "request" for part in place))
def test_every_property_is_known(place):
    name, path, method, status = place
    named = set(properties(name, body_schema(name, path, method, status)))
    members = {found for model in BODIES[place] for found in known(model)}
    assert sorted(".".join(found) for found in named if not covers(members, found)) == []
    assert named or place[1] == "/did.json"


def test_no_body_of_the_documents_is_left_out():
    seen = set()
    for name in (AS, RS, WA):
        for path, methods in document(name)["paths"].items():
            for method, operation in methods.items():
                if not isinstance(operation, dict):
                    continue
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    seen.add((name, path, method, None))
                for status, answer in operation.get("responses", {}).items():
                    if status.startswith("2") and "application/json" in answer.get("content", {}):
                        seen.add((name, path, method, status))
    assert seen == BODIES.keys()


def test_the_judge_sees_a_missing_member():
    members = set(known(QuoteRequest)) - {("debitAmount", "value")}
    named = properties(RS, body_schema(RS, "/quotes", "post"))
    assert [found for found in named if not covers(members, found)]
