"""What an exchange is. Each kind has an id that never changes; `recognise` decides which one an exchange is."""

from __future__ import annotations

from optrace.core.registry import Registry
from optrace.exchanges import continuation, incoming_payment, interaction, outgoing_payment, quote, server_side, token
from optrace.exchanges import grant_request as grant
from optrace.exchanges import wallet_address as wallet
from optrace.exchanges.kind import Kind

KINDS: Registry[Kind] = Registry(
    "operation",
    (
        wallet.WALLET_ADDRESS_GET,
        wallet.JWKS_GET,
        wallet.DID_GET,
        wallet.SPSP_GET,
        grant.GRANT_REQUEST,
        continuation.GRANT_CONTINUE,
        continuation.GRANT_POLL,
        continuation.GRANT_MODIFY,
        continuation.GRANT_CANCEL,
        token.TOKEN_ROTATE,
        token.TOKEN_REVOKE,
        incoming_payment.INCOMING_PAYMENT_CREATE,
        incoming_payment.INCOMING_PAYMENT_GET,
        incoming_payment.INCOMING_PAYMENT_GET_PUBLIC,
        incoming_payment.INCOMING_PAYMENT_LIST,
        incoming_payment.INCOMING_PAYMENT_COMPLETE,
        quote.QUOTE_CREATE,
        quote.QUOTE_GET,
        outgoing_payment.OUTGOING_PAYMENT_CREATE,
        outgoing_payment.OUTGOING_PAYMENT_GET,
        outgoing_payment.OUTGOING_PAYMENT_LIST,
        outgoing_payment.OUTGOING_PAYMENT_GRANT_GET,
        interaction.INTERACT_START,
        interaction.IDP_REDIRECT,
        interaction.CONSENT_GET,
        interaction.CONSENT_ACCEPT,
        interaction.CONSENT_REJECT,
        interaction.INTERACT_FINISH_REQUEST,
        interaction.FINISH_REDIRECT,
        interaction.FINISH_PUSH,
        server_side.TOKEN_INTROSPECT,
        server_side.RESOURCE_SET_REGISTER,
        server_side.AS_DISCOVERY,
        server_side.AS_RS_DISCOVERY,
        server_side.CORS_PREFLIGHT,
        server_side.INFRA_HEALTH,
        server_side.INFRA_ADMIN,
        server_side.UNKNOWN,
    ),
    name=lambda kind: kind.id,
)
