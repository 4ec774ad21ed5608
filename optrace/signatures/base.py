"""The signature base (RFC 9421 2.5): the bytes that are signed."""

from __future__ import annotations

from collections.abc import Sequence

from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.components import (
    BadComponent,
    BadValue,
    BaseError,
    Component,
    Components,
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
    if not isinstance(components, Components):
        components = Components(Component(item) if isinstance(item, str) else item for item in components)
    if components.repeated is not None:
        raise BadComponent(components.repeated.identifier, "is listed twice")
    lines = [f"{component.identifier}: {component_value(component, message, request)}\n" for component in components]
    text = "".join(lines)
    if "\r" in text or text.count("\n") != len(lines):
        bad = next(line for line in lines if "\r" in line or line.count("\n") > 1)
        raise BadValue(bad.partition(":")[0], "its value holds a line break")
    text = f'{text}"@signature-params": {params_text}'
    if not text.isascii():
        bad = next((line for line in lines if not line.isascii()), '"@signature-params"')
        raise BadValue(bad.partition(":")[0], "its value isn't ASCII")
    return text.encode("ascii")
