"""Signature-Input and Signature read into signatures: strictly by RFC 9421 4, and tolerantly where that fails.

Deployed signers send forms that no structured-field parser accepts (names without quotes, values without colons or
label), and the reference verifier takes them. What had to be guessed stands in `problems`, so each profile can judge.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from http_sf import Token

from optrace.core.fields import Fields
from optrace.core.quick import quick
from optrace.core.text import safe
from optrace.signatures.components import NO_COMPONENTS, Component, Components
from optrace.signatures.structured import (
    BareItem,
    Member,
    StructuredError,
    member_text,
    parse_dictionary,
    split_members,
)

# The one shape that nearly all signers send; for it, the raw text is the strict serialisation. In pieces, since most
# requests of a session have the same list.
_CANONICAL_LABEL = re.compile(r"[a-z][a-z0-9_-]*")
_CANONICAL_LIST = re.compile(r'(?:"@?[a-z0-9-]+"(?: "@?[a-z0-9-]+")*)?')
_CANONICAL_PARAMS = re.compile(r'(?:;[a-z][a-z0-9_]*=(?:"[ !#-\[\]-~]*"|0|[1-9][0-9]{0,14}))*')
_CANONICAL_SIGNATURE = re.compile(r"=:([A-Za-z0-9+/]+={0,2}):")
_PARAMETER = re.compile(r';([a-z][a-z0-9_]*)=(?:"([^"]*)"|([0-9]+))')
_LOOSE_LIST = re.compile(r"\s*\(([^)]*)\)(.*)", re.S)
_LOOSE_ITEM = re.compile(r'("?)([^\s";]+)\1((?:;[^\s;]+)*)')
_LOOSE_PARAMETER = re.compile(r';\s*([A-Za-z*][\w.*-]*)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;]*))?')
_LOOSE_BASE64 = re.compile(r":?([A-Za-z0-9+/_-]+={0,2}):?")
_LABELLED = re.compile(r"([a-z*][a-z0-9_.*-]*)=(?![=\s]*$)(.*)", re.S)
_HEX = re.compile(r"[0-9a-fA-F]{128}")  # of 64 bytes; it reads as base64 of 96
_TWICE = re.compile(r"[A-Za-z0-9+/]{86}==")  # base64 of 64 bytes, as what base64 says
_USUAL_SIZES = frozenset(range(4, 117, 4))  # letters of base64 that can't hold the above
MAX_SIGNATURES = 16  # of one message; each costs mathematics, and real messages have one or two
# RFC 9421 2.3
_TYPES: Mapping[str, type] = {"created": int, "expires": int, "nonce": str, "alg": str, "keyid": str, "tag": str}


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParams:
    """The signature parameters (RFC 9421 2.3). A parameter of the wrong type is None here and stands in `problems`."""

    created: int | None = None  # seconds since 1970, as sent
    expires: int | None = None
    nonce: str | None = None
    alg: str | None = None
    keyid: str | None = None
    tag: str | None = None
    items: tuple[tuple[str, BareItem], ...] = ()  # all of them as received, in order
    problems: tuple[str, ...] = ()

    @property
    def extra(self) -> Mapping[str, BareItem]:
        """The parameters that RFC 9421 doesn't define."""
        return {name: value for name, value in self.items if name not in _TYPES}


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One labelled signature as read. `problems` say what keeps it from being one by RFC 9421."""

    label: str | None
    input_text: str  # the raw member after `label=`
    text: str  # its strict serialisation: the value of @signature-params
    components: Components = NO_COMPONENTS
    params: SignatureParams | None = None
    signature: bytes | None = None
    problems: tuple[str, ...] = ()
    canonical: bool = False  # both fields hold this one member only, written as nearly all signers do


def read_signatures(fields: Fields) -> tuple[Reading, ...]:
    """All signatures of a message, in the order of Signature-Input, then those of Signature alone; never raises.

    Of more than 16, the rest is left out.
    """
    inputs, values = fields.combined("signature-input"), fields.combined("signature")
    if inputs is None and values is None:
        return ()
    if inputs is not None and values is not None:
        read = _canonical(inputs, values)
        if read is not None:
            return (read,)
    return _careful(inputs or "", values or "")


def _canonical(inputs: str, values: str) -> Reading | None:
    """The common shape: one member in each field, canonically written, under one label."""
    label, _, rest = inputs.partition("=(")
    inner, _, params = rest.partition(")")
    components = _names(label, inner)
    if components is None or not values.startswith(label) or not _CANONICAL_PARAMS.fullmatch(params):
        return None
    value = _CANONICAL_SIGNATURE.fullmatch(values, len(label))
    items = tuple([(name, int(number) if number else text) for name, text, number in _PARAMETER.findall(params)])
    if value is None or len(value[1]) not in _USUAL_SIZES or len(dict(items)) != len(items):
        return None
    text = inputs[len(label) + 1 :]
    if len(text) != len(inner) + len(params) + 2:  # no closing bracket
        return None
    return Reading(
        label=label,
        input_text=text,
        text=text,
        components=components,
        params=_typed(items),
        signature=binascii.a2b_base64(value[1]),
        canonical=True,
    )


@lru_cache(maxsize=256)
def _names(label: str, inner: str) -> Components | None:
    """The components of a canonical list under a canonical label."""
    if not (_CANONICAL_LABEL.fullmatch(label) and _CANONICAL_LIST.fullmatch(inner)):
        return None
    return Components(Component(name[1:-1]) for name in inner.split())


def _typed(items: tuple[tuple[str, BareItem], ...]) -> SignatureParams:
    known: dict[str, BareItem] = {}
    problems: tuple[str, ...] = ()
    for name, value in items:
        if name not in _TYPES:
            continue
        if type(value) is _TYPES[name]:
            known[name] = value
        else:
            kind = "a string" if _TYPES[name] is str else "an integer"
            problems = (*problems, f"`{name}` is not {kind}")
    return SignatureParams(**known, items=items, problems=problems)


def _careful(inputs: str, values: str) -> tuple[Reading, ...]:
    faults: list[str] = []
    try:
        parse_dictionary(inputs, unique=True)
    except StructuredError as why:
        faults.append(f"Signature-Input is not a dictionary: {safe(str(why))}")
    try:
        members = parse_dictionary(values, unique=True)
    except StructuredError as why:
        faults.append(f"Signature is not a dictionary: {safe(str(why))}")
        signatures = _loose_signatures(values)
    else:
        signatures = {label: _signature(label, member) for label, member in members.items()}
    raw = [(label.strip() or None, text) for label, text in split_members(inputs)[:MAX_SIGNATURES]] if inputs else []
    read = []
    for label, text in raw:
        key = label if label in signatures else None if len(raw) == 1 and None in signatures else label
        value, problem = signatures.pop(key, (None, f"the label {safe(str(label))} is missing from Signature"))
        read.append(_input(label, text, value, ([problem] if problem else []), faults))
    for label, (value, _) in islice(signatures.items(), MAX_SIGNATURES - len(read)):
        problem = "Signature-Input is missing" if not inputs else "the label is missing from Signature-Input"
        read.append(Reading(label=label, input_text="", text="", signature=value, problems=(problem, *faults)))
    return tuple(read)


def _input(label: str | None, text: str, signature: bytes | None, problems: list[str], faults: list[str]) -> Reading:
    """One member of Signature-Input, strictly if it can be. `faults` are those of the fields as a whole."""
    components: Components
    try:
        value, parameters = parse_dictionary(f"x={text}")["x"]
        if not isinstance(value, list):
            raise StructuredError("it is not an inner list")
        if not all(type(name) is str for name, _ in value):
            raise StructuredError("a component name is not a string")
        strict = member_text((value, parameters))
    except (StructuredError, KeyError) as why:
        components, items, quoted = _loose_input(text)
        strict = _strict_text(components, items)
        shape = "" if quoted else "the component names are not quoted"
        problems = [shape or f"the member of Signature-Input is malformed: {safe(str(why))}", *problems]
    else:
        components = Components(Component(name, tuple(params.items())) for name, params in value)
        items = tuple(parameters.items())
        upper = next((component.name for component in components if component.name != component.name.lower()), None)
        if upper is not None:
            problems = [f"the component name {safe(upper)} is not in lower case", *problems]
    return Reading(
        label=label,
        input_text=text,
        text=strict,
        components=components,
        params=_typed(items),
        signature=signature,
        problems=(*problems, *faults),
    )


_Signature = tuple[bytes | None, str | None]  # (bytes, what is wrong)


def _signature(label: str, member: Member) -> _Signature:
    value = member[0]
    if isinstance(value, Token):  # base64 without colons and padding reads as a token
        return _loose_base64(label, str(value))
    if isinstance(value, str) and len((quoted := _loose_base64(label, value))[0] or b"") == 64:
        return quoted
    return _meant(value) if isinstance(value, bytes) else (None, "the signature is not a byte sequence")


def _meant(value: bytes, problem: str | None = None) -> _Signature:
    """The 64 bytes that were put into hexadecimal digits for base64, or into base64 twice."""
    if len(value) == 96 and _HEX.fullmatch(text := base64.b64encode(value).decode()):
        return bytes.fromhex(text), "the signature is in hexadecimal digits, not base64"
    if len(value) == 128 and _HEX.fullmatch(text := value.decode("latin-1")):
        return bytes.fromhex(text), "the signature is hexadecimal digits in base64, not its bytes"
    if len(value) == 88 and _TWICE.fullmatch(text := value.decode("latin-1")):
        return base64.b64decode(text), "the signature is base64 of base64"
    return value, problem


def _loose_signatures(text: str) -> dict[str | None, _Signature]:
    """Signatures without label, without colons, or in base64url."""
    found: dict[str | None, _Signature] = {}
    for part in text.split(","):
        match = _LABELLED.fullmatch(part.strip())
        name, value = (match[1], match[2].strip()) if match else (None, part.strip())
        found.setdefault(name, _loose_base64(name, value))
    return found


def _loose_base64(name: str | None, value: str) -> _Signature:
    unbroken = "".join(value.split())  # as an encoder that breaks its lines leaves it
    match = _LOOSE_BASE64.fullmatch(unbroken)
    if match is None:
        return None, "the signature is not base64"
    problem = None if name else "the signature has no label"
    if unbroken != value:
        problem, value = "there are blanks in the signature's base64", unbroken
    if not (value.startswith(":") and value.endswith(":") and len(value) > 1):
        problem = problem or "the signature is not between colons"
    elif "-" in value or "_" in value:
        problem = problem or "the signature is in base64url, not base64"
    bare = match[1].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _meant(base64.b64decode(bare + "=" * (-len(bare) % 4)), problem)
    except binascii.Error:
        return None, "the signature is not base64"


def _loose_input(text: str) -> tuple[Components, tuple[tuple[str, BareItem], ...], bool]:
    """(components, parameters, whether the names are quoted) of what only looks like an inner list."""
    match = _LOOSE_LIST.match(text)
    if match is None:
        return NO_COMPONENTS, (), True
    found = _LOOSE_ITEM.findall(match[1])
    components = Components(Component(name.lower(), tuple(_loose_parameters(params))) for _, name, params in found)
    return components, tuple(_loose_parameters(match[2])), all(quote for quote, _, _ in found)


def _loose_parameters(text: str) -> list[tuple[str, BareItem]]:
    found: dict[str, BareItem] = {}
    for name, value in _LOOSE_PARAMETER.findall(text):
        value = value.strip()
        if value.isascii() and value.isdigit():
            found[name.lower()] = int(value[:15])
        else:
            found[name.lower()] = value.strip('"') if value else True
    return list(found.items())


def _strict_text(components: Components, items: tuple[tuple[str, BareItem], ...]) -> str:
    """What should have been sent; "" if that can't be written."""
    try:
        return member_text(([(component.name, dict(component.params)) for component in components], dict(items)))
    except StructuredError:
        return ""
