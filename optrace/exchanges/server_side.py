"""What ASEs say to each other and to themselves: introspection, discovery, registration, and everything that isn't
Open Payments but runs beside it."""

from __future__ import annotations

from optrace.core.redact import mask_url
from optrace.exchanges.kind import Kind, answer
from optrace.exchanges.view import View


def _introspected(view: View) -> str:
    if not view.succeeded:
        return f"The RS asks the AS about a token and gets {answer(view, 'no answer')}."
    if view.got.get("active") is not True:
        return "The RS asks the AS about a token: it is not active."
    access = view.got.get("access")
    if isinstance(access, list) and not access:
        return "The RS asks the AS about a token: it is active, and does not allow this call."
    return "The RS asks the AS about a token: it is active and allows this call."


TOKEN_INTROSPECT = Kind(
    id="token_introspect",
    title="Token introspection",
    source="rs",
    target="as",
    label=lambda view: "introspect token",
    sentence=_introspected,
)
RESOURCE_SET_REGISTER = Kind(
    id="resource_set_register",
    title="Resource set registration",
    source="rs",
    target="as",
    label=lambda view: "register resources",
    sentence=lambda view: "The RS registers what it protects (RFC 9767 3.4).",
)
AS_DISCOVERY = Kind(
    id="as_discovery",
    title="AS discovery",
    target="as",
    label=lambda view: "AS discovery",
    sentence=lambda view: "What the AS supports (RFC 9635 9).",
)
AS_RS_DISCOVERY = Kind(
    id="as_rs_discovery",
    title="RS-facing AS discovery",
    source="rs",
    target="as",
    label=lambda view: "AS discovery for RS",
    sentence=lambda view: "What the AS offers to resource servers (RFC 9767 3.1).",
)
CORS_PREFLIGHT = Kind(
    id="cors_preflight",
    title="CORS preflight",
    target="server",
    label=lambda view: "CORS preflight",
    sentence=lambda view: f"A browser asks whether the page of {view.request.fields.get('origin')} may make this call.",
)
INFRA_HEALTH = Kind(
    id="infra_health",
    title="Health check",
    source="unknown",
    target="server",
    label=lambda view: "health check",
    sentence=lambda view: "A health check; not Open Payments.",
)
INFRA_ADMIN = Kind(
    id="infra_admin",
    title="Administration",
    source="rs",
    target="server",
    label=lambda view: "webhook" if "rafiki-signature" in view.request.fields or "data" in view.sent else "admin call",
    sentence=lambda view: "The ASE's own administration or webhook; not Open Payments.",
)


def _unknown_label(view: View) -> str:
    if (view.request.fields.get("content-type") or "") == "application/octet-stream" and view.method == "POST":
        return "ILP packet"
    return f"{view.method} {mask_url(view.parts.path)[:40]}"


UNKNOWN = Kind(
    id="unknown",
    title="Unknown",
    target="server",
    label=_unknown_label,
    sentence=lambda view: "Not an exchange of Open Payments, as far as optrace knows.",
)
