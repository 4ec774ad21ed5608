"""The interaction (RFC 9635 §4): the browser's hops over the AS and the IdP, and the way back to the client."""

from __future__ import annotations

from optrace.core.urls import parse
from optrace.exchanges.kind import Kind, answer
from optrace.exchanges.view import View, text

# the answers that the reference implementation gives at the finish URI instead of a hash
FINISH_RESULTS = ("grant_rejected", "grant_invalid", "invalid_interaction", "unknown_interaction", "request_denied")


def finish_query(view: View) -> dict[str, str]:
    """hash, interact_ref, result and message: in the Location of a finish answer, a finish URI's query, a push body."""
    if view.location:
        parameters = dict(parse(view.location).parameters())
    elif view.method == "POST":
        parameters = {name: value for name, value in view.sent.items() if isinstance(value, str)}
    else:
        parameters = dict(view.parts.parameters())
    return {name: parameters[name] for name in ("hash", "interact_ref", "result", "message") if name in parameters}


def _finish_label(view: View) -> str:
    query = finish_query(view)
    if "result" in query:
        return f"finish {query['result']}"
    return "finish hash" if "hash" in query else "finish"


def _finish_sentence(view: View) -> str:
    query = finish_query(view)
    if "result" in query:
        return f"The interaction ends without an interaction reference: {query['result']}."
    if "interact_ref" in query:
        what = "a hash and an interaction reference" if "hash" in query else "an interaction reference and no hash"
        return f"The user is sent back to the client with {what}."
    return f"The interaction is finished; the AS answers {answer(view)}."


def _start_sentence(view: View) -> str:
    if view.location:
        target = parse(view.location)
        if any(name == "result" for name, _ in target.parameters()):
            return f"The interaction can't be used: {target.parameter('result')}."
        return f"The AS opens a session and sends the browser to the identity provider at {target.origin}."
    return f"The browser opens the interaction; the AS answers {answer(view)}."


def _consent_sentence(view: View) -> str:
    state = text(view.got.get("state"))
    if view.succeeded:
        return "The identity provider reads what the client asks for" + (
            f"; the interaction is {state}." if state else "."
        )
    return f"The identity provider reads the interaction; the AS answers {answer(view)}."


def _choice(word: str) -> Kind:
    return Kind(
        id=f"consent_{word}",
        title=f"{word.capitalize()} the grant",
        source="idp",
        target="as",
        label=lambda view: f"consent: {word}",
        sentence=lambda view: f"The user says {'yes' if word == 'accept' else 'no'}; the AS answers {answer(view)}.",
    )


INTERACT_START = Kind(
    id="interact_start",
    title="Start the interaction",
    target="as",
    label=lambda view: "interact start",
    sentence=_start_sentence,
)
IDP_REDIRECT = Kind(
    id="idp_redirect",
    title="Identity provider",
    target="idp",
    label=lambda view: "consent page",
    sentence=lambda view: "The browser is at the identity provider, which asks the user for consent.",
)
CONSENT_GET = Kind(
    id="consent_get",
    title="Look up the interaction",
    source="idp",
    target="as",
    label=lambda view: "consent: look up",
    sentence=_consent_sentence,
)
CONSENT_ACCEPT = _choice("accept")
CONSENT_REJECT = _choice("reject")
INTERACT_FINISH_REQUEST = Kind(
    id="interact_finish_request",
    title="Finish the interaction",
    source="idp",
    target="as",
    label=_finish_label,
    sentence=_finish_sentence,
)
FINISH_REDIRECT = Kind(
    id="finish_redirect",
    title="Interaction finish (redirect)",
    source="idp",
    target="client",
    label=_finish_label,
    sentence=_finish_sentence,
)
FINISH_PUSH = Kind(
    id="finish_push",
    title="Interaction finish (push)",
    source="as",
    target="client",
    label=_finish_label,
    sentence=_finish_sentence,
)
