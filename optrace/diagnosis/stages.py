"""The checks that a server makes, in its order, and how far it got.

Rafiki, the server behind almost every live wallet, checks in a fixed order. So an answer proves which checks had been
passed, and says nothing of the later ones. An authorization server looks at the signature before the request; a
resource server looks at the token before the signature: "Insufficient Grant" doesn't mean that the signature is good.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from optrace.core.bodies import ABSENT
from optrace.diagnosis.answers import words
from optrace.diagnosis.case import Case


class Reached(StrEnum):
    """How a check came out, as far as the answer shows."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One check of a server."""

    name: str
    reached: Reached


AS_STAGES = (
    "route",
    "shape of the request",
    "signature headers",
    "client",
    "keyid",
    "key in the JWKS",
    "signature",
    "tenant",
    "grant",
)
AS_TOKEN_STAGES = (
    "route",
    "shape of the request",
    "signature headers",
    "token and grant",
    "keyid",
    "key in the JWKS",
    "signature",
    "state of the grant",
)
RS_STAGES = (
    "route",
    "shape of the request",
    "wallet address",
    "token",
    "signature",
    "wallet is active",
    "business rules",
)

Test = Callable[[Case, str], bool]


def _says(pattern: str) -> Test:
    search = re.compile(pattern, re.I).search
    return lambda case, said: search(said) is not None


def _status(*wanted: int) -> Test:
    return lambda case, said: case.status in wanted


def _plain(status: int) -> Test:
    return lambda case, said: case.status == status and case.view.response_body.json is ABSENT


def _no_code(case: Case, said: str) -> bool:
    return case.status == 400 and case.code is None


# the first line that fits tells the stage at which the server stopped
_AS: Sequence[tuple[str, Test]] = (
    ("route", _plain(404)),
    ("shape of the request", _status(406, 413, 415)),
    ("signature headers", _says("invalid signature headers")),
    ("keyid", _says("invalid signature input")),
    ("key in the JWKS", _says("could not determine client")),
    ("client", _says("invalid client field|missing required request field 'client'|client field")),
    ("signature", _says("invalid signature")),
    ("key in the JWKS", _plain(500)),  # a key that can't be imported
    ("shape of the request", _no_code),
    ("tenant", _status(404)),
    ("grant", lambda case, said: case.refused),
)
_AS_TOKEN: Sequence[tuple[str, Test]] = (
    ("route", _plain(404)),
    ("shape of the request", _status(406, 413, 415)),
    ("signature headers", _says("invalid signature headers")),
    ("token and grant", _says("missing continuation|invalid grant|invalid access token|grant not found|unknown")),
    ("keyid", _says("invalid signature input")),
    ("key in the JWKS", _says("could not determine client")),
    ("signature", _says("invalid signature")),
    ("key in the JWKS", _plain(500)),
    ("shape of the request", _no_code),
    ("token and grant", _status(404)),
    ("state of the grant", lambda case, said: case.refused),
)
_RS: Sequence[tuple[str, Test]] = (
    ("route", _plain(404)),
    ("shape of the request", _status(406, 413, 415)),
    ("signature", _says("signature|client keys|keyid")),
    ("token", _says("inactive token|insufficient grant|invalid token|authorization header")),
    ("wallet is active", _says("wallet address is not active|inactive wallet")),
    ("shape of the request", _says("openapi|must have|must be|missing required|required property|did you mean")),
    ("wallet address", lambda case, said: case.status == 401 and said.lower() == "unauthorized"),
    ("wallet address", _says("unknown wallet address|could not get wallet address")),
    ("business rules", lambda case, said: case.refused),
)


def stages(case: Case) -> tuple[Stage, ...]:
    """The stages of the server that this exchange went to; none if it isn't an AS's or RS's, or no answer came."""
    kind = case.kind
    if kind.target not in ("as", "rs") or not (kind.signed or kind.token) or case.status is None:
        return ()
    names: tuple[str, ...]
    if kind.target == "rs":
        names, table = RS_STAGES, _RS
    elif kind.id == "grant_request":
        names, table = AS_STAGES, _AS
    else:
        names, table = AS_TOKEN_STAGES, _AS_TOKEN
    if not case.refused:
        reached = Reached.PASSED if case.view.succeeded else Reached.UNKNOWN
        return tuple(Stage(name=name, reached=reached) for name in names)
    said = words(case).strip()
    stopped = names.index(next(name for name, fits in table if fits(case, said)))
    return tuple(
        Stage(
            name=name,
            reached=Reached.PASSED if n < stopped else Reached.FAILED if n == stopped else Reached.NOT_REACHED,
        )
        for n, name in enumerate(names)
    )


def reached(case: Case, name: str) -> Reached:
    """How far one stage got; UNKNOWN if this server has none of that name."""
    return next((stage.reached for stage in stages(case) if stage.name == name), Reached.UNKNOWN)
