"""The authorization server's rules for grants: who may have what, when, and in which words it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from optrace.sandbox.config import Role, Timing
from optrace.sandbox.errors import Refusal, gnap, gnap_broken
from optrace.sandbox.interaction import start_url
from optrace.sandbox.state import Ase, Client, Finalization, Finish, Grant, GrantState, Ids, Interaction
from optrace.sandbox.tokens import access_token, issue

_FREE_TYPES = frozenset({"incoming-payment", "quote"})  # given without asking the resource owner, but for list-all


def read_client(field: Any) -> Client:
    """The `client` field in any of its three forms."""
    if isinstance(field, str) and field:
        return Client(wallet_address=field)
    if isinstance(field, dict) and "walletAddress" in field:
        return Client(wallet_address=field["walletAddress"])
    if isinstance(field, dict) and "jwk" in field:
        return Client(jwk=field["jwk"])
    # what Rafiki throws here is not caught by the middleware that it is thrown in
    raise Refusal(500, "Internal Server Error")


def needs_interaction(body: Mapping[str, Any]) -> bool:
    """Whether the resource owner has to be asked. Raises `Refusal` for requests that ask for nothing, or for no one."""
    access = (body.get("access_token") or {}).get("access") or []
    subjects = (body.get("subject") or {}).get("sub_ids") or []
    if not access and not subjects:
        raise gnap(400, "invalid_request", "subject or access_token required")
    for item in access:
        if _must_ask(item) and not item.get("identifier"):
            raise gnap(400, "invalid_request", "access identifier required")
    return bool(subjects) or any(_must_ask(item) for item in access)


def _must_ask(item: Mapping[str, Any]) -> bool:
    return item["type"] not in _FREE_TYPES or "list-all" in item["actions"]


def check_interactive(body: Mapping[str, Any], client: Client) -> str:
    """What an interactive grant needs besides; the client's wallet address, where its name is looked up."""
    if not body.get("interact"):
        raise gnap(400, "invalid_request", "missing required request field 'interact'")
    if client.wallet_address is None:
        raise gnap(400, "invalid_client", "JWK client identifier cannot be used for interactive grants")
    return client.wallet_address


def create(
    ase: Ase, body: Mapping[str, Any], client: Client, *, interactive: bool, ids: Ids, timing: Timing, now: datetime
) -> Grant:
    """Write a new grant into the books."""
    access = [_kept(item) for item in (body.get("access_token") or {}).get("access") or []]
    _check_limits(access)
    finish = (body.get("interact") or {}).get("finish")
    grant = Grant(
        id=ids.uuid(),
        tenant=ase.tenant,
        client=client,
        access=access,
        subjects=[
            {"id": each["id"], "format": each["format"]} for each in (body.get("subject") or {}).get("sub_ids", [])
        ],
        continue_id=ids.uuid(),
        continue_token=ids.token(),
        last_continued=now,
        state=GrantState.PENDING if interactive else GrantState.APPROVED,
        finish=Finish(uri=finish["uri"], nonce=finish["nonce"]) if finish else None,
    )
    if interactive:
        grant.interaction = Interaction(
            id=ids.uuid(), nonce=ids.nonce(), ref=ids.uuid(), grant=grant, expires=now + timing.interaction_life
        )
        ase.interactions[grant.interaction.id] = grant.interaction
        ase.references[grant.interaction.ref] = grant.interaction
    ase.grants[grant.continue_id] = grant
    return grant


def _kept(item: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of an access item, in the order in which it is given back."""
    return {name: item[name] for name in ("actions", "identifier", "type", "limits") if name in item}


def _check_limits(access: list[dict[str, Any]]) -> None:
    limits = [item.get("limits") or {} for item in access]
    if any(limit.get("debitAmount") and limit.get("receiveAmount") for limit in limits):
        raise gnap(400, "invalid_request", "only one access amount allowed")
    for limit in limits:
        for name in ("debitAmount", "receiveAmount"):
            # the schema lets wrong amounts pass; the database that they would go into doesn't
            if name in limit and not _is_amount(limit[name]):
                raise gnap_broken()


def _is_amount(amount: Any) -> bool:
    try:
        return int(amount["value"]) >= 0 and isinstance(amount["assetCode"], str) and 0 <= amount["assetScale"] <= 255
    except (KeyError, TypeError, ValueError):
        return False


def pending(ase: Ase, interaction: Interaction, *, client_name: str, timing: Timing) -> dict[str, Any]:
    """The answer to a request that needs the resource owner."""
    grant = interaction.grant
    return {
        "interact": {
            "redirect": start_url(
                ase, interaction, client_name=client_name, client_uri=grant.client.wallet_address or ""
            ),
            "finish": interaction.nonce,
        },
        **_continuation(ase, grant, timing.wait),
    }


def issued(ase: Ase, grant: Grant, *, ids: Ids, timing: Timing, now: datetime) -> dict[str, Any]:
    """A new access token for the grant, if it has access; its subjects, if it has any."""
    answer: dict[str, Any] = {}
    if grant.access:
        answer["access_token"] = access_token(ase, issue(ase, grant, ids=ids, life=timing.token_life, now=now))
    answer |= _continuation(ase, grant)
    if grant.subjects:
        answer["subject"] = {"sub_ids": grant.subjects}
    return answer


def _continuation(ase: Ase, grant: Grant, wait: timedelta | None = None) -> dict[str, Any]:
    continuation: dict[str, Any] = {
        "access_token": {"value": grant.continue_token},
        "uri": f"{ase.urls[Role.AUTH]}/continue/{grant.continue_id}",
    }
    if wait is not None:
        continuation["wait"] = int(wait.total_seconds())
    return {"continue": continuation}


def find(ase: Ase, continue_id: str, token: str) -> Grant | None:
    """The grant behind a continuation, unless it was revoked."""
    grant = ase.grants.get(continue_id)
    return grant if grant and grant.continue_token == token and not grant.revoked else None


def proceed(
    ase: Ase, continue_id: str, authorization: str, body: Mapping[str, Any], *, ids: Ids, timing: Timing, now: datetime
) -> dict[str, Any]:
    """Continue or poll, by whether the body is empty; the signature has been checked."""
    _, scheme, token = authorization.partition("GNAP ")
    if not scheme or not token:
        raise gnap(401, "invalid_continuation", "missing continuation information")
    if not body:
        return _poll(ase, find(ase, continue_id, token), ids=ids, timing=timing, now=now)
    if not body.get("interact_ref"):
        raise gnap(401, "invalid_request", "missing interaction reference")
    interaction = ase.references.get(body["interact_ref"])
    grant = interaction.grant if interaction else None
    if (
        grant is None
        or grant.revoked
        or grant.rejected
        or (grant.continue_id, grant.continue_token) != (continue_id, token)
    ):
        raise gnap(404, "invalid_continuation", "grant not found")
    if now < grant.last_continued + timing.wait:
        raise gnap(400, "too_fast", 'continued grant faster than "wait" period')
    if grant.state is not GrantState.APPROVED:
        raise gnap(401, "request_denied", "grant interaction not approved")
    return _finalized(ase, grant, ids=ids, timing=timing, now=now)


def _poll(ase: Ase, grant: Grant | None, *, ids: Ids, timing: Timing, now: datetime) -> dict[str, Any]:
    if grant is None:
        raise gnap(404, "invalid_request", "grant not found")
    if now < grant.last_continued + timing.wait:
        raise gnap(400, "too_fast", 'polled grant faster than "wait" period')
    if grant.finish:
        raise gnap(401, "request_denied", "grant cannot be polled")
    if grant.state is GrantState.PENDING:
        grant.last_continued = now
        return _continuation(ase, grant, timing.wait)
    if grant.state is not GrantState.APPROVED:
        raise gnap(401, "request_denied", "grant cannot be continued")
    return _finalized(ase, grant, ids=ids, timing=timing, now=now)


def _finalized(ase: Ase, grant: Grant, *, ids: Ids, timing: Timing, now: datetime) -> dict[str, Any]:
    answer = issued(ase, grant, ids=ids, timing=timing, now=now)
    grant.finalize(Finalization.ISSUED)
    return answer


def cancel(grant: Grant) -> None:
    """End a grant for good; its tokens die with it."""
    grant.finalize(Finalization.REVOKED)
    for token in grant.tokens:
        token.revoked = True
