"""Faults of tokens."""

from __future__ import annotations

from typing import Any

from tests.mutations.case import HEADERS, PRICE, RECEIVE, Case, case
from tests.mutations.sig import listed

SHAPE = "Missing or invalid authorization header value"
INACTIVE, INSUFFICIENT = "Inactive Token", "Insufficient Grant"


def create(c: Case, said: str = INACTIVE, status: int = 403, **how: Any) -> None:
    how.setdefault("body", {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")})
    c.send("POST", f"{c.bob.rs}/incoming-payments", **{**c.rs_says(status, said), **how})


def rotated(c: Case, grant: dict[str, Any]) -> dict[str, Any]:
    old = grant["access_token"]
    new = c.given(c.bob, old["access"])["access_token"]
    c.send("POST", old["manage"], token=old["value"], answer={"access_token": new})
    return new


for form in ("Bearer {}", "gnap {}", "{}", "GNAP  {}", "GNAP: {}", "Token {}"):

    @case("TOK-001", form)
    def _(c: Case, form: str = form) -> None:
        c.scene()
        token = c.token()
        create(c, SHAPE, 401, token=token, headers={"Authorization": form.format(token)})


@case("TOK-001", "Bearer on a continuation")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send(
        "DELETE",
        then["uri"],
        token="x",
        headers={"Authorization": f"Bearer {then['access_token']['value']}"},
        **c.as_says(401, "invalid_request", "missing continuation information"),
    )


@case("TOK-002", "expired, read")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    made = c.incoming(token)
    c.send("GET", made["id"], token=token, wait=700, **c.rs_says(403, INACTIVE))


@case("TOK-002", "expired after 30 s")
def _(c: Case) -> None:
    c.scene()
    create(c, token=c.token(expires_in=30), wait=31)


@case("TOK-002", "expired, another wallet's words")
def _(c: Case) -> None:
    c.scene()
    create(c, "Invalid Token", 401, token=c.token(expires_in=60), wait=90)


@case("TOK-003", "after its rotation")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    rotated(c, grant)
    create(c, token=grant["access_token"]["value"])


@case("TOK-003", "after its grant was cancelled")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    c.send("DELETE", grant["continue"]["uri"], token=grant["continue"]["access_token"]["value"], status=204)
    create(c, token=grant["access_token"]["value"])


@case("TOK-003", "after its revocation, list")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    c.send("DELETE", grant["access_token"]["manage"], token=grant["access_token"]["value"], status=204)
    c.send("GET", listed(c), token=grant["access_token"]["value"], **c.rs_says(403, INACTIVE))


@case("TOK-004", "manage URL from before the rotation")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    new = rotated(c, grant)
    c.send(
        "POST",
        grant["access_token"]["manage"],
        token=new["value"],
        **c.as_says(401, "invalid_client", "invalid access token"),
    )


@case("TOK-004", "rotated after the revocation")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("DELETE", token["manage"], token=token["value"], status=204)
    c.send("POST", token["manage"], token=token["value"], **c.as_says(401, "invalid_client", "invalid access token"))


@case("TOK-004", "the server no longer knows it")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("POST", token["manage"], token=token["value"], **c.as_says(404, "invalid_rotation", "token not found"))


@case("TOK-005", "continuation token at the RS")
def _(c: Case) -> None:
    c.scene()
    create(c, token=c.grant()["continue"]["access_token"]["value"])


@case("TOK-005", "continuation token at the RS, GET")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    made = c.incoming(grant["access_token"]["value"])
    c.send("GET", made["id"], token=grant["continue"]["access_token"]["value"], **c.rs_says(403, INACTIVE))


@case("TOK-005", "continuation token to rotate")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    c.send(
        "POST",
        grant["access_token"]["manage"],
        token=grant["continue"]["access_token"]["value"],
        **c.as_says(401, "invalid_client", "invalid access token"),
    )


@case("TOK-006 GNT-006", "the sender's token at the recipient's server")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    create(c, token=c.token(ase=c.alice))


@case("TOK-007 GNT-012", "a quote's token to create an incoming payment")
def _(c: Case) -> None:
    c.scene()
    create(c, INSUFFICIENT, token=c.token(PRICE))


@case("TOK-007 GNT-012", "list without the right")
def _(c: Case) -> None:
    c.scene()
    token = c.token({"type": "incoming-payment", "actions": ["create", "read"]})
    c.send("GET", listed(c), token=token, **c.rs_says(403, INSUFFICIENT))


@case("TOK-007 GNT-012", "complete without the right")
def _(c: Case) -> None:
    c.scene()
    token = c.token({"type": "incoming-payment", "actions": ["create"]})
    made = c.incoming(token)
    c.send("POST", made["id"] + "/complete", token=token, **c.rs_says(403, INSUFFICIENT))


@case("TOK-007 GNT-017", "bound to another wallet address, only a slash apart")
def _(c: Case) -> None:
    c.scene()
    create(c, INSUFFICIENT, token=c.token(RECEIVE | {"identifier": c.bob.wallet + "/"}))


@case("TOK-008", "nothing explains it")
def _(c: Case) -> None:
    c.scene()
    create(c, token=c.token())


@case("TOK-009", "introspection broke, once")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    create(c, "Invalid Token", 401, token=token)
    c.marked = len(c.sent) - 1
    c.incoming(token)


@case("TOK-010 SIG-013", "a token on a grant request")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.grant(token=token)


@case("TOK-011 TOK-004", "continue URI under the tenant")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send(
        "DELETE",
        then["uri"].replace(c.bob.root, c.bob.auth),
        token=then["access_token"]["value"],
        status=404,
        answer=b"Not Found",
    )


@case("TOK-012", "a token in a body")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    body = {"walletAddress": c.bob.wallet, "metadata": {"token": token}}
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=token, status=201, answer=c.payment(body))


@case("TOK-012", "a token over plain http")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    made = c.incoming(token)
    c.send("GET", made["id"].replace("https://", "http://"), token=token, answer=made)


@case("TOK-013", "no Authorization on create")
def _(c: Case) -> None:
    c.scene()
    c.token()
    create(c, SHAPE, 401)


@case("TOK-013", "no Authorization on cancel")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send("DELETE", then["uri"], signed=True, **c.as_says(401, "invalid_client", HEADERS))


@case("TOK-014", "an unknown token")
def _(c: Case) -> None:
    c.scene()
    create(c, token="0123456789ABCDEF0123")


@case("TOK-014", "lower case")
def _(c: Case) -> None:
    c.scene()
    create(c, token=c.token().lower())


@case("TOK-014", "cut")
def _(c: Case) -> None:
    c.scene()
    create(c, token=c.token()[:-1])


@case("TOK-014 TOK-001", "in quotes")
def _(c: Case) -> None:
    c.scene()
    create(c, token=f'"{c.token()}"')


@case("TOK-015", "revoked twice")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("DELETE", token["manage"], token=token["value"], status=204)
    c.send("DELETE", token["manage"], token=token["value"], **c.as_says(401, "invalid_client", "invalid access token"))


@case("TOK-016", "an old value rotates the new URL")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    new = rotated(c, grant)
    after = c.given(c.bob, new["access"])["access_token"]
    c.send("POST", new["manage"], token=grant["access_token"]["value"], answer={"access_token": after})
