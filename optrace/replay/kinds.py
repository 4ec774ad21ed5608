"""Which values the protocols move about, and where each operation carries them: the tables behind the script.

A pattern is a path in a JSON body, with `[]` for each item of an array. The kinds behind it are those that may stand
there; the first is the one that is born there if nobody brought the value before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ValueKind(StrEnum):
    """What a value means. Its text is how it is called."""

    CLIENT = "client"
    WALLET_ADDRESS = "wallet address"
    GRANT_ENDPOINT = "grant endpoint"
    RESOURCE_SERVER = "resource server"
    ASSET = "asset"
    TOKEN = "access token"
    MANAGE = "manage URL"
    CONTINUE_TOKEN = "continuation token"
    CONTINUE_URI = "continue URI"
    INTERACT_URL = "interact URL"
    IDP_URL = "consent page"
    INTERACTION = "interaction id"
    AS_NONCE = "nonce of the AS"
    CLIENT_NONCE = "nonce of the client"
    FINISH_URI = "finish URI"
    HASH = "interaction hash"
    INTERACT_REF = "interact_ref"
    INCOMING_PAYMENT = "incoming payment"
    QUOTE = "quote"
    OUTGOING_PAYMENT = "outgoing payment"
    DEBIT_AMOUNT = "debit amount"
    RECEIVE_AMOUNT = "receive amount"
    CURSOR = "cursor"
    TIME = "time"
    HOST = "host"


K = ValueKind
Kinds = tuple[ValueKind, ...]
Places = Mapping[str, Kinds]

URLS: Kinds = (
    K.WALLET_ADDRESS, K.CLIENT, K.GRANT_ENDPOINT, K.RESOURCE_SERVER, K.MANAGE, K.CONTINUE_URI, K.INTERACT_URL,
    K.IDP_URL, K.FINISH_URI, K.INCOMING_PAYMENT, K.QUOTE, K.OUTGOING_PAYMENT, K.HOST,
)  # fmt: skip
TOKENS: Kinds = (K.TOKEN, K.CONTINUE_TOKEN)
AMOUNTS = frozenset({K.DEBIT_AMOUNT, K.RECEIVE_AMOUNT, K.ASSET})  # JSON objects, or parts of them
# an answer gives these out anew each time, even where it repeats the old text
RENEWED = frozenset({K.TOKEN, K.MANAGE, K.CONTINUE_TOKEN, K.CONTINUE_URI})
# what a browser and an identity provider do between the client's calls
INTERACTION = frozenset(
    ("interact_start", "idp_redirect", "consent_get", "consent_accept", "consent_reject", "interact_finish_request",
     "finish_redirect", "finish_push")
)  # fmt: skip
# values that only a live client can know
CLIENTS_OWN = frozenset({K.CLIENT, K.CLIENT_NONCE, K.FINISH_URI, K.TIME})
# operations whose answers set amounts; all others repeat them
PRICED = frozenset({"quote_create", "incoming_payment_create"})

_WALLET: Kinds = (K.WALLET_ADDRESS, K.CLIENT)
_RECEIVER: Kinds = (K.INCOMING_PAYMENT,)
_DEBIT: Kinds = (K.DEBIT_AMOUNT,)
_RECEIVE: Kinds = (K.RECEIVE_AMOUNT,)

_LIMITS: Places = {
    "limits.receiver": _RECEIVER,
    "limits.debitAmount": (K.DEBIT_AMOUNT, K.ASSET),
    "limits.receiveAmount": (K.RECEIVE_AMOUNT, K.ASSET),
}
_ACCESS: Places = {
    f"{holder}access[].{name}": kinds
    for holder in ("access_token.", "access_token[].", "")
    for name, kinds in {"identifier": (*_WALLET, K.INCOMING_PAYMENT), **_LIMITS}.items()
}
_CLIENT: Places = {"client": (K.CLIENT,), "client.walletAddress": (K.CLIENT,)}
_GRANT_REQUEST: Places = {
    **_ACCESS,
    **_CLIENT,
    "interact.finish.uri": (K.FINISH_URI,),
    "interact.finish.nonce": (K.CLIENT_NONCE,),
    "subject.sub_ids[].id": _WALLET,
}
_GRANTED: Places = {
    **_ACCESS,
    **{
        f"{holder}.{name}": kinds
        for holder in ("access_token", "access_token[]")
        for name, kinds in {"value": (K.TOKEN,), "manage": (K.MANAGE,)}.items()
    },
    "continue.access_token.value": (K.CONTINUE_TOKEN,),
    "continue.uri": (K.CONTINUE_URI,),
    "interact.redirect": (K.INTERACT_URL,),
    "interact.finish": (K.AS_NONCE,),
    "subject.sub_ids[].id": _WALLET,
}

# members of the request's body, by operation
SENT: Mapping[str, Places] = {
    "grant_request": _GRANT_REQUEST,
    "grant_modify": _GRANT_REQUEST,
    "grant_continue": {"interact_ref": (K.INTERACT_REF,)},
    "incoming_payment_create": {
        "walletAddress": _WALLET,
        "incomingAmount": (K.ASSET,),  # the amount is the client's own; the asset is the wallet's
        "expiresAt": (K.TIME,),
    },
    "quote_create": {
        "walletAddress": _WALLET,
        "receiver": _RECEIVER,
        "debitAmount": (K.DEBIT_AMOUNT, K.ASSET),
        "receiveAmount": (K.RECEIVE_AMOUNT, K.ASSET),
    },
    "outgoing_payment_create": {
        "walletAddress": _WALLET,
        "quoteId": (K.QUOTE,),
        "incomingPayment": _RECEIVER,
        "debitAmount": (K.DEBIT_AMOUNT, K.ASSET),
    },
    "token_introspect": {"access_token": TOKENS, **_ACCESS},
    "finish_push": {"hash": (K.HASH,), "interact_ref": (K.INTERACT_REF,)},
}


def _each(places: Places) -> Places:
    """The places of one resource, and of each item in a list of them."""
    return {**places, **{f"result[].{name}": kinds for name, kinds in places.items()}}


_TIMES: Places = dict.fromkeys(("createdAt", "updatedAt", "expiresAt"), (K.TIME,))
_INCOMING: Places = {
    **_TIMES,
    "id": _RECEIVER,
    "walletAddress": _WALLET,
    "authServer": (K.GRANT_ENDPOINT,),
    "incomingAmount": _RECEIVE,
}
_QUOTE: Places = {
    **_TIMES,
    "id": (K.QUOTE,),
    "walletAddress": _WALLET,
    "receiver": _RECEIVER,
    "debitAmount": _DEBIT,
    "receiveAmount": _RECEIVE,
}
_OUTGOING: Places = {**_QUOTE, "id": (K.OUTGOING_PAYMENT,), "quoteId": (K.QUOTE,)}
_PAGE: Places = {"pagination.startCursor": (K.CURSOR,), "pagination.endCursor": (K.CURSOR,)}

# members of the response's body, by operation
GOT: Mapping[str, Places] = {
    "wallet_address_get": {
        "": (K.ASSET,),
        "id": _WALLET,
        "authServer": (K.GRANT_ENDPOINT,),
        "resourceServer": (K.RESOURCE_SERVER,),
    },
    **dict.fromkeys(("grant_request", "grant_continue", "grant_poll", "grant_modify", "token_rotate"), _GRANTED),
    **dict.fromkeys(
        ("incoming_payment_create", "incoming_payment_get", "incoming_payment_get_public", "incoming_payment_complete"),
        _INCOMING,
    ),
    "incoming_payment_list": {**_each(_INCOMING), **_PAGE},
    **dict.fromkeys(("quote_create", "quote_get"), _QUOTE),
    **dict.fromkeys(("outgoing_payment_create", "outgoing_payment_get"), _OUTGOING),
    "outgoing_payment_list": {**_each(_OUTGOING), **_PAGE},
    "token_introspect": {**_ACCESS, **_CLIENT},
    "consent_get": _ACCESS,
}

# what the request's URL is, or begins with, by operation
_RS: Kinds = (K.RESOURCE_SERVER,)
TARGETS: Mapping[str, Kinds] = {
    "wallet_address_get": _WALLET,
    "jwks_get": _WALLET,
    "did_get": _WALLET,
    "spsp_get": _WALLET,
    "grant_request": (K.GRANT_ENDPOINT,),
    "as_discovery": (K.GRANT_ENDPOINT,),
    **dict.fromkeys(("grant_continue", "grant_poll", "grant_modify", "grant_cancel"), (K.CONTINUE_URI,)),
    **dict.fromkeys(("token_rotate", "token_revoke"), (K.MANAGE,)),
    **dict.fromkeys(("incoming_payment_create", "incoming_payment_list", "quote_create"), _RS),
    **dict.fromkeys(("outgoing_payment_create", "outgoing_payment_list", "outgoing_payment_grant_get"), _RS),
    **dict.fromkeys(("incoming_payment_get", "incoming_payment_get_public", "incoming_payment_complete"), _RECEIVER),
    "quote_get": (K.QUOTE,),
    "outgoing_payment_get": (K.OUTGOING_PAYMENT,),
    **dict.fromkeys(("interact_start", "interact_finish_request"), (K.INTERACT_URL,)),
    "idp_redirect": (K.IDP_URL,),
    **dict.fromkeys(("finish_redirect", "finish_push"), (K.FINISH_URI,)),
}

# query parameters of the request's URL, by operation
_FINISH: Places = {"hash": (K.HASH,), "interact_ref": (K.INTERACT_REF,)}
_LIST: Places = {"wallet-address": _WALLET, "cursor": (K.CURSOR,)}
QUERIES: Mapping[str, Places] = {
    "incoming_payment_list": _LIST,
    "outgoing_payment_list": _LIST,
    "finish_redirect": _FINISH,
    "idp_redirect": {"interactId": (K.INTERACTION,), "nonce": (K.AS_NONCE,)},
}

# what a Location is, or begins with, and its query parameters, by operation
LOCATIONS: Mapping[str, Kinds] = {"interact_start": (K.IDP_URL,), "interact_finish_request": (K.FINISH_URI,)}
LOCATION_QUERIES: Mapping[str, Places] = {"interact_finish_request": _FINISH}

# fields that whoever sends a message makes anew; they carry no value of anybody else
COMPUTED_FIELDS = frozenset({"signature", "signature-input", "content-digest", "content-length", "host", "date"})
