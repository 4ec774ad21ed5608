"""Faults that can be planted alone or together: what each changes in what is signed, and the rule that names it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from optrace.core.urls import parse
from tests.diagnosis.desk import SECOND

Signed = dict[str, Any]  # keyword arguments of forge()


class Fault(NamedTuple):
    """A fault: its rule, the part that it touches, and how it changes the arguments of `forge`."""

    code: str
    part: str
    plant: Callable[[Signed, str], None]  # (arguments, the URL that is sent)


def on_url(to: Callable[[str], str]) -> Callable[[Signed, str], None]:
    """A fault of the URL that composes with others."""

    def plant(signed: Signed, url: str) -> None:
        values = signed.setdefault("signed", {})
        values["@target-uri"] = to(values.get("@target-uri", url))

    return plant


def on_value(name: str, value: str) -> Callable[[Signed, str], None]:
    """Another value on the line of a component."""

    def plant(signed: Signed, url: str) -> None:
        signed.setdefault("signed", {})[name] = value

    return plant


def setting(**arguments: Any) -> Callable[[Signed, str], None]:
    """Other arguments of `forge`."""
    return lambda signed, url: signed.update(arguments)


def _slash(url: str) -> str:
    path = parse(url).path
    other = path[:-1] if path.endswith("/") else path + "/"
    return url.replace(path, other, 1) if path not in ("", "/") else url.removesuffix("/")


def _with_other_key(signed: Signed, url: str) -> None:
    signed["key"] = SECOND
    signed["as_kid"] = True


FAULTS: Mapping[str, Fault] = {
    "scheme": Fault("SIG-001", "scheme", on_url(lambda url: url.replace("https:", "http:", 1))),
    "slash": Fault("SIG-003", "path", on_url(_slash)),
    "default port": Fault(
        "SIG-005", "port", on_url(lambda url: url.replace(parse(url).authority, parse(url).authority + ":443", 1))
    ),
    "method": Fault("SIG-022", "method", on_value("@method", "post")),
    "charset": Fault("SIG-030", "type", on_value("content-type", "application/json; charset=utf-8")),
    "crlf": Fault("SIG-023", "joint", setting(newline="\r\n")),
    "newline": Fault("SIG-023", "tail", setting(tail="\n")),
    "no blank": Fault("SIG-023", "colon", setting(colon=":")),
    "reversed": Fault("SIG-023", "order", setting(in_order=lambda lines: lines[::-1])),
    "no params": Fault("SIG-007", "params", setting(signed_params="")),
    "sha-512": Fault("SIG-024", "hash", setting(hashed=lambda data: hashlib.sha512(data).digest())),
    "sha-256": Fault("SIG-024", "hash", setting(hashed=lambda data: hashlib.sha256(data).digest())),
    "other key": Fault("SIG-012", "key", _with_other_key),
}
