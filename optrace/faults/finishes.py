"""Faults of the way back from the interaction: the hash, the reference, and the browser's session."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Mapping

from optrace.core.messages import HttpResponse
from optrace.core.urls import canonical, parse
from optrace.exchanges.view import dig, text
from optrace.faults.fault import Deed, Fault, Seen
from optrace.faults.messages import with_parameters, with_value
from optrace.gnap.interaction import compute, decode_hash, hash_base, to_base64, to_base64url


def finish_of(seen: Seen) -> str | None:
    """The finish URI that an answer sends the browser to, with what was added to it; None if it doesn't."""
    location = seen.view.location
    return location if location and 300 <= seen.response.status < 400 else None


def with_location(response: HttpResponse, url: str) -> HttpResponse:
    """The redirect to another place."""
    return with_value(response, "location", lambda _: url)


def _changing(name: str, change: Callable[[Seen, str], str | None], said: str) -> Callable[[Seen], Deed | None]:
    def act(seen: Seen) -> Deed | None:
        if not seen.targeted or not (location := finish_of(seen)):
            return None
        value = parse(location).parameter(name)
        if value is None or (new := change(seen, value)) is None or new == value:
            return None
        return Deed(said=said, response=with_location(seen.response, with_parameters(location, {name: new})))

    return act


def _another(_: Seen, value: str) -> str:
    return to_base64(hashlib.sha256(value.encode()).digest())


def _other_alphabet(_: Seen, value: str) -> str | None:
    decoded = decode_hash(value)
    return to_base64url(decoded[0]) if decoded else None


def _another_reference(_: Seen, value: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(value.encode()).digest()[:16], version=4))


def _learn_grant(seen: Seen) -> None:
    """Keep what the hash of a grant is made of, by its finish URI."""
    finish: Mapping[str, object] = dig(seen.view.sent, "interact", "finish") or {}
    uri, nonce = text(finish.get("uri")), text(finish.get("nonce"))
    as_nonce = text(dig(seen.view.got, "interact", "finish"))
    if uri and nonce and as_nonce:
        seen.memory[canonical(uri.partition("?")[0])] = (nonce, as_nonce, seen.request.url)


def _with_slash(seen: Seen, _: str) -> str | None:
    location = finish_of(seen) or ""
    made_of = seen.memory.get(canonical(location.partition("?")[0]))
    reference = parse(location).parameter("interact_ref")
    if made_of is None or reference is None:
        return None
    digest = compute(hash_base(made_of[0], made_of[1], reference, f"{made_of[2]}/"))
    return None if digest is None else base64.b64encode(digest).decode()


_change_to_slash = _changing("hash", _with_slash, "the hash was made over the grant endpoint with a slash behind it")


def _slash(seen: Seen) -> Deed | None:
    if seen.operation == "grant_request":
        _learn_grant(seen)
    return _change_to_slash(seen)


def _spaced(seen: Seen) -> Deed | None:
    if not seen.targeted or "%2B" not in (location := finish_of(seen) or ""):
        return None
    response = with_location(seen.response, location.replace("%2B", "+"))
    return Deed(said="the hash's plus signs were sent unescaped, so that they arrive as spaces", response=response)


def _lost_cookie(seen: Seen) -> Deed | None:
    if not seen.targeted or "set-cookie" not in seen.response.fields:
        return None
    response = with_value(seen.response, "set-cookie", lambda _: None)
    return Deed(said="the browser's session cookie was left out", response=response)


_FINISH = ("interact_finish_request",)

WRONG_HASH = Fault(
    name="wrong-hash",
    sentence="The interaction hash is another one. A client that goes on doesn't verify it.",
    operations=_FINISH,
    diagnosed=("INT-017", "INT-006"),
    tampers=True,
    on_response=_changing("hash", _another, "the interaction hash was replaced by another"),
)
UNPADDED_HASH = Fault(
    name="unpadded-hash",
    sentence="The interaction hash comes in base64url without padding, as RFC 9635 has it and Rafiki doesn't.",
    operations=_FINISH,
    diagnosed=("INT-002",),
    on_response=_changing("hash", _other_alphabet, "the hash was written in base64url without padding"),
)
SLASH_HASH = Fault(
    name="slash-hash",
    sentence="The hash is made over the grant endpoint with a trailing slash, as old servers do it.",
    operations=_FINISH,
    diagnosed=("INT-001",),
    on_response=_slash,
)
SPACED_HASH = Fault(
    name="spaced-hash",
    sentence="The plus signs of the hash arrive as spaces, if it has any.",
    operations=_FINISH,
    diagnosed=("INT-003",),
    on_response=_spaced,
)
WRONG_INTERACT_REF = Fault(
    name="wrong-interact-ref",
    sentence="The interaction reference is another one, which the hash gives away. Going on fails.",
    operations=_FINISH,
    diagnosed=("INT-017", "INT-006"),
    tampers=True,
    on_response=_changing("interact_ref", _another_reference, "the interaction reference was replaced by another"),
)
LOST_COOKIE = Fault(
    name="lost-cookie",
    sentence="The browser isn't given its session cookie, so the finish is refused as an invalid session.",
    operations=("interact_start",),
    diagnosed=("INT-010",),
    on_response=_lost_cookie,
)
