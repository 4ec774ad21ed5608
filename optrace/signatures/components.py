"""Component identifiers and component values (RFC 9421 2.1 and 2.2): a function for each derived component.

The tables are at the foot. A value that can't be had is a `BaseError`, which names the component and says why.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, quote

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import Url, parse
from optrace.signatures.structured import (
    BareItem,
    StructuredError,
    member_text,
    parse_dictionary,
    reserialise,
    ser_item,
)

_OWS = " \t\r\n"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class BaseError(Exception):
    """The signature base can't be built (RFC 9421 2.5)."""

    def __init__(self, component: str, why: str) -> None:
        self.component = component
        super().__init__(f"{component}: {why}" if component else why)


class MissingComponent(BaseError):
    """A covered component isn't in the message."""


class BadComponent(BaseError):
    """The component identifier itself is wrong: unknown, listed twice, parameters that don't go together."""


class BadValue(BaseError):
    """The component's value can't stand in a signature base."""


@dataclass(frozen=True)
class Component:
    """A component identifier: a lower-case name and its parameters, in the order received."""

    name: str
    params: tuple[tuple[str, BareItem], ...] = ()

    @cached_property
    def identifier(self) -> str:
        """As it stands in the signature base: `"content-digest";req`. What has no strict form is only quoted."""
        try:
            return ser_item(self.name, dict(self.params))
        except StructuredError:
            return f'"{self.name}"'

    @cached_property
    def key(self) -> object:
        """What must be unique (RFC 9421 2): the name and the set of parameters, whatever their order."""
        if not self.params:
            return self.name
        return self.name, frozenset((name, type(value), value) for name, value in self.params)

    def __str__(self) -> str:
        return self.identifier


class Components(tuple[Component, ...]):
    """The covered components of one signature, in order, and what follows from them alone."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of what is covered, in whatever serialisation; trailers don't count."""
        return frozenset([each.name for each in self if not each.params or "tr" not in dict(each.params)])

    @cached_property
    def derived(self) -> frozenset[str]:
        """Those names that aren't fields'."""
        return frozenset([each.name for each in self if each.name.startswith("@")])

    @cached_property
    def text(self) -> str:
        """All of them in one line, to be read by people."""
        return " ".join([each.identifier if each.params else each.name for each in self])

    @cached_property
    def repeated(self) -> Component | None:
        """The first that was there before; RFC 9421 2.5 takes each once."""
        seen: set[object] = set()
        for each in self:
            if each.key in seen:
                return each
            seen.add(each.key)
        return None


NO_COMPONENTS = Components()


def component_value(
    component: Component, message: HttpRequest | HttpResponse, request: HttpRequest | None = None
) -> str:
    """The component value (RFC 9421 2.1, 2.2). `request` is the one that a response answers.

    Raises:
        BaseError: it isn't there, or isn't allowed here.
    """
    if not component.params:
        if not component.name.startswith("@"):
            value = message.fields.combined(component.name)
            if value is None:
                raise MissingComponent(component.identifier, "the message has no such field")
            return value
        if component.name in _DERIVED and isinstance(message, HttpRequest):
            return _DERIVED[component.name](message)
        parameters: Mapping[str, BareItem] = {}
    else:
        parameters = dict(component.params)
        for name in _FLAGS:
            if parameters.get(name, True) is not True:
                raise BadComponent(component.identifier, f"`{name}` is a flag and takes no value")
        if "req" in parameters:
            if isinstance(message, HttpRequest):
                raise BadComponent(component.identifier, "`req` has no place in the signature of a request")
            if request is None:
                raise MissingComponent(component.identifier, "the request isn't known")
            message = request
    if component.name.startswith("@"):
        return _derived(component, parameters, message)
    return _field(component, parameters, message)


def _derived(component: Component, parameters: Mapping[str, BareItem], message: HttpRequest | HttpResponse) -> str:
    if component.name == "@signature-params":
        raise BadComponent(component.identifier, "must not be listed")
    for name in parameters:
        if name != "req" and not (name == "name" and component.name == "@query-param"):
            raise BadComponent(component.identifier, f"the parameter `{name}` isn't defined for it")
    if component.name == "@status":
        if isinstance(message, HttpRequest):
            raise BadComponent(component.identifier, "a request has no status")
        return f"{message.status:03d}"
    if component.name not in _DERIVED and component.name != "@query-param":
        raise BadComponent(component.identifier, "no such derived component")
    if not isinstance(message, HttpRequest):
        raise BadComponent(component.identifier, "a response has it only with `req`")
    if component.name == "@query-param":
        return _query_param(component, parameters.get("name"), message)
    return _DERIVED[component.name](message)


def _url(request: HttpRequest) -> Url:
    url = parse(request.url)
    if url.authority.endswith("*") and not url.path:  # OPTIONS *
        return Url(url.scheme, url.authority[:-1], "*", url.query)
    return url


def target_uri(request: HttpRequest) -> str:
    """RFC 9421 2.2.2: as the server rebuilds it, without fragment; an empty path is `/` (RFC 9110 4.2.3)."""
    text = request.url.partition("#")[0]
    url = _url(request)
    if url.path or not url.authority:
        return text
    end = text.find("?") if url.query is not None else len(text)
    return f"{text[:end]}/{text[end:]}"


def _authority(request: HttpRequest) -> str:
    url = _url(request)
    return url.authority.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORTS.get(url.scheme, " "))


def _path(request: HttpRequest) -> str:
    return _url(request).path or "/"


def _query(request: HttpRequest) -> str:
    return f"?{_url(request).query or ''}"


def _request_target(request: HttpRequest) -> str:
    """Origin form, as a server gets it; the absolute form that goes to a proxy isn't kept."""
    url = _url(request)
    if request.method == "CONNECT":
        return request.authority or url.authority
    return (url.path or "/") + ("" if url.query is None else f"?{url.query}")


def _query_param(component: Component, wanted: BareItem, request: HttpRequest) -> str:
    """RFC 9421 2.2.8: decoded as a form, encoded again; a name that occurs twice can't be signed by name."""
    if type(wanted) is not str:
        raise BadComponent(component.identifier, "needs the parameter `name`")
    query = _url(request).query or ""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise BadValue(component.identifier, "the query has too many parameters") from None
    values = [value for name, value in pairs if _form(name) == wanted]
    if len(values) != 1:
        count = "occurs more than once" if values else "doesn't occur"
        raise MissingComponent(component.identifier, f"the parameter {count} in the query")
    return _form(values[0])


def _form(text: str) -> str:
    """Percent-encoded with the set of application/x-www-form-urlencoded, a space as %20."""
    return quote(text, safe="*-._").replace("~", "%7E")


def _field(component: Component, parameters: Mapping[str, BareItem], message: HttpRequest | HttpResponse) -> str:
    for name in parameters:
        if name not in _FIELD_PARAMETERS:
            raise BadComponent(component.identifier, f"the parameter `{name}` isn't defined for a field")
    if "bs" in parameters and ("sf" in parameters or "key" in parameters):
        raise BadComponent(component.identifier, "`bs` doesn't go with `sf` or `key`")
    fields = (message.trailers or Fields()) if "tr" in parameters else message.fields
    value = fields.combined(component.name)
    if value is None:
        place = "trailer" if "tr" in parameters else "field"
        raise MissingComponent(component.identifier, f"the message has no such {place}")
    if "bs" in parameters:
        return ", ".join(_byte_sequence(line) for line in fields.get_all(component.name))
    try:
        if "key" in parameters:
            key = parameters["key"]
            members = parse_dictionary(value)
            if type(key) is not str or key not in members:
                raise MissingComponent(component.identifier, "the dictionary has no such member")
            return member_text(members[key])
        return reserialise(component.name, value) if "sf" in parameters else value
    except StructuredError as why:
        raise BadValue(component.identifier, f"the field can't be read as a structured field: {why}") from None


def _byte_sequence(line: str) -> str:
    lines = line.strip(_OWS).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    folded = " ".join([part.strip(_OWS) for part in lines])
    return f":{base64.b64encode(folded.encode('latin-1')).decode()}:"


_DERIVED: Mapping[str, Callable[[HttpRequest], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": target_uri,
    "@authority": _authority,
    "@scheme": lambda request: _url(request).scheme,
    "@request-target": _request_target,
    "@path": _path,
    "@query": _query,
}
_FLAGS = ("sf", "bs", "tr", "req")
_FIELD_PARAMETERS = frozenset({"sf", "key", "bs", "tr", "req"})
