"""Resources: what real software sends fits, what the documentation calls required is required."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.decode import Decoded, Undecoded, decode
from optrace.openpayments.access import AccessItem
from optrace.openpayments.errors import ErrorResponse
from optrace.openpayments.incoming_payment import (
    IncomingPayment,
    IncomingPaymentPage,
    IncomingPaymentRequest,
    PublicIncomingPayment,
)
from optrace.openpayments.limits import Limits
from optrace.openpayments.outgoing_payment import (
    DirectOutgoingPayment,
    GrantSpentAmounts,
    OutgoingPayment,
    OutgoingPaymentFromQuote,
    OutgoingPaymentPage,
    outgoing_payment_request,
)
from optrace.openpayments.quote import Quote, QuoteRequest
from optrace.openpayments.wallet_address import DidDocument, JwkSet, SpspDetails, WalletAddress
from tests.examples import examples

BODIES = json.loads(Path(__file__).with_name("bodies.json").read_text())
REQUESTS = {"incoming_payment_create": IncomingPaymentRequest, "quote_create": QuoteRequest}
RESPONSES = {
    "wallet_address_get": WalletAddress,
    "jwks_get": JwkSet,
    "incoming_payment_create": IncomingPayment,
    "incoming_payment_get": IncomingPayment,
    "incoming_payment_complete": IncomingPayment,
    "incoming_payment_get_public": PublicIncomingPayment,
    "incoming_payment_list": IncomingPaymentPage,
    "quote_create": Quote,
    "quote_get": Quote,
    "outgoing_payment_create": OutgoingPayment,
    "outgoing_payment_get": OutgoingPayment,
    "outgoing_payment_list": OutgoingPaymentPage,
    "outgoing_payment_grant_get": GrantSpentAmounts,
}
ALL = sorted(
    {*REQUESTS.values(), *RESPONSES.values(), AccessItem, Limits, ErrorResponse, SpspDetails, DidDocument}, key=str
)
USD = {"value": "2500", "assetCode": "USD", "assetScale": 2}
WALLET = "https://wallet.example/alice"


def model_for(case: dict[str, object]) -> type:
    if case["direction"] == "response":
        return RESPONSES[str(case["operation"])]
    return REQUESTS.get(str(case["operation"])) or outgoing_payment_request(case["body"])


@pytest.mark.parametrize("case", BODIES, ids=lambda case: f"{case['operation']} {case['direction']}")
def test_what_real_software_sends(case):
    read = decode(model_for(case), case["body"])
    assert isinstance(read, Decoded), read.problems
    assert (read.unknown, read.nulls) == ((), ())


@pytest.mark.parametrize("case", BODIES, ids=lambda case: f"{case['operation']} {case['direction']}")
def test_what_was_read_can_be_written(case):
    read = decode(model_for(case), case["body"])
    assert isinstance(read, Decoded)
    written = read.value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    again = decode(model_for(case), written)
    assert isinstance(again, Decoded)
    assert again.value == read.value


def test_every_operation_has_a_sample():
    # a quote reads the same when it is made and when it is read again
    assert {case["operation"] for case in BODIES if case["direction"] == "response"} | {"quote_get"} == RESPONSES.keys()


@pytest.mark.parametrize(
    ("model", "required"),
    [
        (WalletAddress, ["id", "assetCode", "assetScale", "authServer", "resourceServer"]),
        (JwkSet, ["keys"]),
        (IncomingPaymentRequest, ["walletAddress"]),
        (IncomingPayment, ["id", "walletAddress", "completed", "receivedAmount", "createdAt"]),
        (PublicIncomingPayment, ["authServer"]),
        (QuoteRequest, ["walletAddress", "receiver", "method"]),
        (Quote, ["id", "walletAddress", "receiver", "receiveAmount", "debitAmount", "method", "createdAt"]),
        (OutgoingPaymentFromQuote, ["walletAddress", "quoteId"]),
        (DirectOutgoingPayment, ["walletAddress", "incomingPayment", "debitAmount"]),
        (
            OutgoingPayment,
            ["id", "walletAddress", "receiver", "receiveAmount", "debitAmount", "sentAmount", "createdAt"],
        ),
        (IncomingPaymentPage, ["pagination", "result"]),
        (GrantSpentAmounts, ["spentDebitAmount", "spentReceiveAmount"]),
        (ErrorResponse, ["error"]),
    ],
)
def test_what_is_required(model, required):
    read = decode(model, {})
    assert isinstance(read, Undecoded)
    assert read.problems == tuple(f"{name}: is missing" for name in required)


def test_a_direct_payment_is_told_from_one_by_quote():
    assert outgoing_payment_request({"incomingPayment": "x"}) is DirectOutgoingPayment
    assert outgoing_payment_request({"quoteId": "x"}) is OutgoingPaymentFromQuote
    assert outgoing_payment_request({"quoteId": "x", "incomingPayment": "y"}) is OutgoingPaymentFromQuote
    assert outgoing_payment_request(None) is OutgoingPaymentFromQuote


def test_a_grant_that_has_spent_nothing():
    read = decode(GrantSpentAmounts, {"spentDebitAmount": None, "spentReceiveAmount": USD})
    assert isinstance(read, Decoded)
    assert read.nulls == ()
    assert read.value.spent_receive_amount is not None
    assert read.value.spent_receive_amount.format() == "25.00 USD"


def test_nulls_that_a_server_would_refuse_are_told():
    read = decode(IncomingPaymentRequest, {"walletAddress": WALLET, "incomingAmount": None, "expiresAt": None})
    assert isinstance(read, Decoded)
    assert read.nulls == ("incomingAmount", "expiresAt")


def test_instants_are_utc():
    body = {"walletAddress": WALLET, "expiresAt": "2026-01-01T01:30:00.250+01:00"}
    read = decode(IncomingPaymentRequest, body)
    assert isinstance(read, Decoded)
    assert read.value.expires_at == datetime(2026, 1, 1, 0, 30, 0, 250_000, UTC)


def test_what_older_servers_send_is_known():
    body = {
        "id": "https://rs.example/quotes/1",
        "walletAddress": WALLET,
        "receiver": "https://rs.example/incoming-payments/1",
        "receiveAmount": USD,
        "debitAmount": USD,
        "sentAmount": USD,
        "createdAt": "2022-03-12T23:20:50.52Z",
        "updatedAt": "2022-03-12T23:20:50.52Z",
        "failed": False,
    }
    read = decode(OutgoingPayment, body)
    assert isinstance(read, Decoded)
    assert read.unknown == ()


def test_access():
    item = {"type": "outgoing-payment", "actions": ["read-all", "create", "steal"], "identifier": WALLET}
    read = decode(AccessItem, item)
    assert isinstance(read, Decoded)
    assert read.value.allows("read")
    assert read.value.allows("read-all")
    assert not read.value.allows("list")
    assert read.value.unknown_actions() == ("steal",)


def test_limits():
    value = {"receiver": "https://rs.example/incoming-payments/1", "debitAmount": USD, "interval": "R/{x}/P1M"}
    read = decode(Limits, value)
    assert isinstance(read, Undecoded)
    assert read.problems == (
        'interval: must be an ISO 8601 repeating interval: "{x}" is no date and time such as 2026-01-31T12:00:00Z, '
        'got "R/{x}/P1M"',
    )
    assert read.partial is not None
    assert read.partial.debit_amount is not None
    assert read.partial.debit_amount.value == 2500


names = st.sampled_from(
    [
        "id",
        "walletAddress",
        "incomingAmount",
        "receivedAmount",
        "value",
        "assetCode",
        "assetScale",
        "methods",
        "result",
        "pagination",
        "keys",
        "interval",
        "limits",
        "actions",
        "type",
        "metadata",
        "createdAt",
        "completed",
        "error",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.slow
@examples(300)
@given(st.sampled_from(ALL), st.dictionaries(names, anything, max_size=6) | anything)
def test_nothing_raises(model, value):
    read = decode(model, value)
    assert isinstance(read, Decoded) or read.problems
