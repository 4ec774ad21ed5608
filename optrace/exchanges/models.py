"""The model of each operation's bodies: what the specifications say should be there.

Recognition and correlation read bodies as they are; models are for telling what doesn't fit, and what nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from optrace.core.bodies import Body
from optrace.core.decode import Decoded, Undecoded, decode
from optrace.exchanges.view import View
from optrace.gnap.continuation import ContinueRequest
from optrace.gnap.finish import FinishPush
from optrace.gnap.introspection import IntrospectionRequest, IntrospectionResponse
from optrace.gnap.requests import GrantRequest
from optrace.gnap.responses import Discovery, GrantResponse
from optrace.openpayments.access import AccessItem
from optrace.openpayments.errors import ErrorResponse
from optrace.openpayments.incoming_payment import (
    IncomingPayment,
    IncomingPaymentPage,
    IncomingPaymentRequest,
    PublicIncomingPayment,
)
from optrace.openpayments.outgoing_payment import (
    GrantSpentAmounts,
    OutgoingPayment,
    OutgoingPaymentPage,
    outgoing_payment_request,
)
from optrace.openpayments.quote import Quote, QuoteRequest
from optrace.openpayments.wallet_address import DidDocument, JwkSet, SpspDetails, WalletAddress

Model = type[BaseModel]
GRANT_RESPONSE: Model = GrantResponse[AccessItem]

REQUESTS: Mapping[str, Callable[[Any], Model]] = {
    "grant_request": lambda body: GrantRequest[AccessItem],
    "grant_modify": lambda body: GrantRequest[AccessItem],
    "grant_continue": lambda body: ContinueRequest,
    "incoming_payment_create": lambda body: IncomingPaymentRequest,
    "quote_create": lambda body: QuoteRequest,
    "outgoing_payment_create": outgoing_payment_request,
    "token_introspect": lambda body: IntrospectionRequest[AccessItem],
    "finish_push": lambda body: FinishPush,
}
RESPONSES: Mapping[str, Model] = {
    "wallet_address_get": WalletAddress,
    "jwks_get": JwkSet,
    "did_get": DidDocument,
    "spsp_get": SpspDetails,
    **dict.fromkeys(("grant_request", "grant_continue", "grant_poll", "grant_modify", "token_rotate"), GRANT_RESPONSE),
    **dict.fromkeys(("incoming_payment_create", "incoming_payment_get", "incoming_payment_complete"), IncomingPayment),
    "incoming_payment_get_public": PublicIncomingPayment,
    "incoming_payment_list": IncomingPaymentPage,
    **dict.fromkeys(("quote_create", "quote_get"), Quote),
    **dict.fromkeys(("outgoing_payment_create", "outgoing_payment_get"), OutgoingPayment),
    "outgoing_payment_list": OutgoingPaymentPage,
    "outgoing_payment_grant_get": GrantSpentAmounts,
    "token_introspect": IntrospectionResponse[AccessItem],
    "as_discovery": Discovery,
}

Reading = Decoded[BaseModel] | Undecoded[BaseModel]


def read_request(view: View, operation: str) -> Reading | None:
    """The request's body as the operation's model; None if it has none, or isn't JSON."""
    choose = REQUESTS.get(operation)
    return _read(choose(view.sent), view.request_body) if choose else None


def read_response(view: View, operation: str) -> Reading | None:
    """The response's body as the operation's model, or as an error from 400 on; None if it has none."""
    if view.status is None or 300 <= view.status < 400:
        return None
    model = RESPONSES.get(operation) if view.status < 300 else ErrorResponse
    if model is ErrorResponse and operation in RESPONSES and RESPONSES[operation] is GRANT_RESPONSE:
        model = GRANT_RESPONSE  # an error may come with `continue`: the grant is still pending
    return _read(model, view.response_body) if model else None


def _read(model: Model, body: Body) -> Reading | None:
    return decode(model, body.json) if body.kind == "json" else None


def problems_of(reading: Reading | None) -> tuple[str, ...]:
    """What doesn't fit, in sentences."""
    if isinstance(reading, Undecoded):
        return reading.problems
    return tuple(f"{path}: is null" for path in reading.nulls) if reading else ()
