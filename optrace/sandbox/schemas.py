"""What each request must look like: the parts of the Open Payments documents (1.3.0) that speak of requests."""

from __future__ import annotations

from collections.abc import Mapping

from optrace.sandbox.schema import Schema

_URI: Schema = {"type": "string", "format": "uri"}
_TEXT: Schema = {"type": "string"}
_OBJECT: Schema = {"type": "object"}

AMOUNT: Schema = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "format": "uint64"},
        "assetCode": _TEXT,
        "assetScale": {"type": "integer", "minimum": 0, "maximum": 255},
    },
    "required": ["value", "assetCode", "assetScale"],
}
RECEIVER: Schema = {"type": "string", "format": "uri", "pattern": "^(https|http)://(.+)/incoming-payments/(.+)$"}


def _actions(*allowed: str) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list(allowed)}, "uniqueItems": True}


def _access(kind: str, actions: Schema, required: tuple[str, ...] = (), **more: Schema) -> Schema:
    properties = {"type": {"type": "string", "enum": [kind]}, "actions": actions, **more}
    return {"type": "object", "properties": properties, "required": ["type", "actions", *required]}


_LIMITS: Schema = {
    # the first branch is open, so that a wrong amount slips through it: so does the reference validator
    "anyOf": [
        {"type": "object", "properties": {"receiver": RECEIVER, "interval": _TEXT}},
        {
            "type": "object",
            "properties": {"receiver": RECEIVER, "interval": _TEXT, "debitAmount": AMOUNT},
            "required": ["debitAmount"],
        },
        {
            "type": "object",
            "properties": {"receiver": RECEIVER, "interval": _TEXT, "receiveAmount": AMOUNT},
            "required": ["receiveAmount"],
        },
    ]
}
_ACCESS: Schema = {
    "type": "array",
    "items": {
        "oneOf": [
            _access(
                "incoming-payment",
                _actions("create", "complete", "read", "read-all", "list", "list-all"),
                identifier=_URI,
            ),
            _access(
                "outgoing-payment",
                _actions("create", "read", "read-all", "list", "list-all"),
                ("identifier",),
                identifier=_URI,
                limits=_LIMITS,
            ),
            _access("quote", _actions("create", "read", "read-all")),
        ]
    },
    "uniqueItems": True,
    "maxItems": 3,
}
JWK: Schema = {
    "type": "object",
    "properties": {
        "kid": _TEXT,
        "alg": {"type": "string", "enum": ["EdDSA"]},
        "use": {"type": "string", "enum": ["sig"]},
        "kty": {"type": "string", "enum": ["OKP"]},
        "crv": {"type": "string", "enum": ["Ed25519"]},
        "x": {"type": "string", "pattern": "^[a-zA-Z0-9-_]+$"},
    },
    "required": ["kid", "alg", "kty", "crv", "x"],
}


def _one(name: str, schema: Schema) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: schema}, "additionalProperties": False}


_CLIENT: Schema = {"oneOf": [_URI, _one("walletAddress", _URI), _one("jwk", JWK)]}
_INTERACT: Schema = {
    "type": "object",
    "properties": {
        "start": {"type": "array", "items": {"type": "string", "enum": ["redirect"]}},
        "finish": {
            "type": "object",
            "properties": {"method": {"type": "string", "enum": ["redirect"]}, "uri": _URI, "nonce": _TEXT},
            "required": ["method", "uri", "nonce"],
        },
    },
    "required": ["start"],
}
_SUBJECT: Schema = {
    "type": "object",
    "properties": {
        "sub_ids": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": _TEXT, "format": {"type": "string", "enum": ["uri"]}},
                "required": ["id", "format"],
            },
            "minItems": 1,
            "maxItems": 1,
        }
    },
    "required": ["sub_ids"],
}
_GRANT_PROPERTIES: Mapping[str, Schema] = {
    "client": _CLIENT,
    "interact": _INTERACT,
    "access_token": {"type": "object", "required": ["access"], "properties": {"access": _ACCESS}},
    "subject": _SUBJECT,
}

GRANT_REQUEST: Schema = {
    "anyOf": [
        {"type": "object", "properties": _GRANT_PROPERTIES, "required": ["client", "access_token"]},
        {"type": "object", "properties": _GRANT_PROPERTIES, "required": ["client", "interact", "subject"]},
    ]
}
GRANT_CONTINUE: Schema = {"type": "object", "properties": {"interact_ref": _TEXT}}
INTROSPECTION: Schema = {
    "type": "object",
    "properties": {
        "access_token": _TEXT,
        "access": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"type": _TEXT, "actions": {"type": "array", "items": _TEXT}, "identifier": _TEXT},
                "required": ["type", "actions"],
            },
        },
    },
    "required": ["access_token"],
}

INCOMING_PAYMENT: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "walletAddress": _URI,
        "incomingAmount": AMOUNT,
        "expiresAt": {"type": "string", "format": "date-time"},
        "metadata": _OBJECT,
    },
    "required": ["walletAddress"],
}


def _quote(**amount: Schema) -> Schema:
    properties = {"walletAddress": _URI, "receiver": RECEIVER, "method": {"type": "string", "enum": ["ilp"]}, **amount}
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


QUOTE: Schema = {"oneOf": [_quote(), _quote(receiveAmount=AMOUNT), _quote(debitAmount=AMOUNT)]}


def _outgoing(*required: str, **more: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"walletAddress": _URI, **more, "metadata": _OBJECT},
        "required": [*required, "walletAddress"],
        "additionalProperties": False,
    }


OUTGOING_PAYMENT: Schema = {
    "oneOf": [
        _outgoing("quoteId", quoteId=_URI),
        _outgoing("incomingPayment", "debitAmount", incomingPayment=_URI, debitAmount=AMOUNT),
    ]
}

SIGNED: Schema = {
    "type": "object",
    "properties": {"signature-input": _TEXT, "signature": _TEXT},
    "required": ["signature-input", "signature"],
}
_PAGE_SIZE: Schema = {"type": "integer", "minimum": 1, "maximum": 100}
LIST_QUERY: Schema = {
    "type": "object",
    "properties": {
        "wallet-address": _TEXT,
        "cursor": {"type": "string", "minLength": 1},
        "first": _PAGE_SIZE,
        "last": _PAGE_SIZE,
    },
    "required": ["wallet-address"],
}
