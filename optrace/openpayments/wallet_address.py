"""What a wallet address server answers: the wallet address, its keys, its DID document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from optrace.core.wire import CamelWire, Seq, Uri, Wire
from optrace.openpayments.amount import AssetScale


class WalletAddress(CamelWire):
    """The public details of an account; where its grants are asked for and its payments made."""

    id: Uri
    public_name: str | None = None
    asset_code: str
    asset_scale: AssetScale
    auth_server: Uri
    resource_server: Uri
    # not in the specification; Rafiki sends them
    additional_properties: dict[str, Any] | None = None
    card_service: str | None = None


class Jwk(Wire):
    """A public key as Open Payments publishes it (RFC 8037 with fixed values)."""

    kid: str
    alg: Literal["EdDSA"]
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    use: Literal["sig"] | None = None


class JwkSet(Wire):
    """The JSON Web Key Set of a wallet address."""

    keys: Seq[Jwk]


class DidDocument(Wire):
    """A DID document: any object; only its id is looked at (W3C DID Core 5.1.1)."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None


class SpspDetails(Wire):
    """What a connector reads from a wallet address by SPSP (Interledger RFC 9): not Open Payments, yet on its URL."""

    destination_account: str
    shared_secret: str
    receipts_enabled: bool | None = None
