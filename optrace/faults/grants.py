"""Faults of the authorization server's own dealings: the wait between continuations, and the resource owner's no."""

from __future__ import annotations

from dataclasses import replace

from optrace.core.urls import parse
from optrace.faults.fault import Deed, Fault, Seen
from optrace.faults.finishes import finish_of, with_location
from optrace.faults.messages import gnap, with_parameters


def _too_fast(seen: Seen) -> Deed | None:
    if not seen.targeted:
        return None
    verb = "polled" if seen.operation == "grant_poll" else "continued"
    refusal = gnap(400, "too_fast", f'{verb} grant faster than "wait" period')
    return Deed(said="the continuation was answered as too early, whatever the wait was", response=refusal)


def _reject_instead(seen: Seen) -> Deed | None:
    """Where the identity provider's own call passes by, its accept becomes a reject, and the AS does the rest."""
    if seen.operation != "consent_accept" or not seen.due:
        return None
    base, mark, query = seen.request.url.partition("?")
    url = f"{base.rstrip('/').removesuffix('accept')}reject{mark}{query}"
    return Deed(said="the resource owner's yes was brought as a no", request=replace(seen.request, url=url))


def _send_back(seen: Seen) -> Deed | None:
    """Where it doesn't, the browser is sent back as if there had been a no."""
    if not seen.targeted or not (location := finish_of(seen)) or parse(location).parameter("interact_ref") is None:
        return None
    url = with_parameters(location, {"hash": None, "interact_ref": None, "result": "grant_rejected"})
    response = with_location(seen.response, url)
    return Deed(said="the browser was sent back as if the resource owner had said no", response=response)


TOO_FAST = Fault(
    name="too-fast",
    sentence="The AS refuses the continuation with `too_fast`, as if `wait` weren't over.",
    operations=("grant_continue", "grant_poll"),
    diagnosed=("FLO-003",),
    times=1,
    on_request=_too_fast,
)
DENY_CONSENT = Fault(
    name="deny-consent",
    sentence="The resource owner says no, whatever was clicked.",
    operations=("interact_finish_request",),
    diagnosed=("GNT-018",),
    on_request=_reject_instead,
    on_response=_send_back,
)
