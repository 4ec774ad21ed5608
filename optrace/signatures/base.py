"""The signature base (RFC 9421 2.5): the bytes that are signed."""

from __future__ import annotations

from collections.abc import Sequence

from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.components import (
    BadComponent,
    BadValue,
    BaseError,
    Component,
    MissingComponent,
    component_value,
)

__all__ = ["BadComponent", "BadValue", "BaseError", "Component", "MissingComponent", "signature_base"]


def signature_base(
    message: HttpRequest | HttpResponse,
    components: Sequence[Component | str],
    params_text: str,
    *,
    request: HttpRequest | None = None,
) -> bytes:
    """The signature base: ASCII, LF between lines, none after the last.

    `params_text` is the value of `@signature-params`: the inner list with its parameters. A component given as text
    is a name without parameters. `request` is the one that a response answers, for components with `req`.

    Raises:
        BaseError: a component is missing, unknown, listed twice, or its value isn't fit for a line.
    """
    lines = []
    seen = set()
    for item in components:
        component = Component(item) if isinstance(item, str) else item
        if component.key in seen:
            raise BadComponent(component.identifier, "is listed twice")
        seen.add(component.key)
        value = component_value(component, message, request)
        if "\n" in value or "\r" in value:
            raise BadValue(component.identifier, "its value holds a line break")
        lines.append(f"{component.identifier}: {value}")
    lines.append(f'"@signature-params": {params_text}')
    text = "\n".join(lines)
    if not text.isascii():
        bad = next((line for line in lines if not line.isascii()), "")
        raise BadValue(bad.partition(":")[0], "its value isn't ASCII")
    return text.encode("ascii")
