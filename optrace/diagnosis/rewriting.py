"""How the JSON of a body differs from what `JSON.parse` and `JSON.stringify` make of it, which Rafiki hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]

from optrace.core.text import safe
from optrace.signatures.javascript import number, restringify

_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|-?[0-9][0-9.eE+-]*|[ \t\r\n]+|[\[\]{}:,]|[a-z]+', re.S)
_HTML = re.compile(r"\\u(?:0026|003c|003e)", re.I)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")
_WHITE = b" \t\r\n"
_PLACES = ("before it", "after it")
_LIMIT = 4 * 1024 * 1024  # bytes; larger bodies are only said to differ

WHITE, NON_ASCII, HTML, SLASHES, NUMBERS, ORDER, AROUND = (
    "DIG-001",
    "DIG-002",
    "DIG-003",
    "DIG-004",
    "DIG-005",
    "DIG-006",
    "DIG-007",
)


def differences(body: bytes) -> Mapping[str, str]:
    """Rule -> what differs, in a sentence, for each way in which the rewritten JSON differs from the body.

    Empty if nothing differs, or if the body isn't JSON.
    """
    compact = restringify(body.removeprefix(_BOM))
    if compact is None or compact == body or len(body) > _LIMIT:
        return {}
    found: dict[str, str] = {}
    core = body.removeprefix(_BOM).strip(b" \t\r\n")
    if core != body:
        bom = body.startswith(_BOM)
        rest = body.removeprefix(_BOM)
        parts = (["a byte order mark"] if bom else []) + (["white space around the JSON"] if rest != core else [])
        found[AROUND] = f"There is {' and '.join(parts)}: {_ends(body)}."
    written: list[str] = []
    for token in _TOKEN.findall(core.decode("utf-8", "replace")):
        if token[0] in " \t\r\n":
            found.setdefault(WHITE, "There is white space between the parts of the JSON, which JSON.stringify drops.")
        elif token[0] == '"':
            written.append(_string(token, found))
        elif token[0].isdigit() or token[0] == "-":
            written.append(_number(token, found))
        else:
            written.append(token)
    if "".join(written).encode("utf-8", "surrogatepass") != compact:
        found[ORDER] = _order(core)
    return found


def _string(token: str, found: dict[str, str]) -> str:
    """A string as JSON.stringify writes it; what differs goes into `found`."""
    value, _ = scanstring(token, 1, False)
    plain = json.dumps(value, ensure_ascii=False)
    plain = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", plain)
    if plain == token:
        return plain
    # only the escapes are shown: the string may be a nonce or a reference
    if "\\/" in token:
        found.setdefault(SLASHES, "Slashes are written as \\/, where JSON.stringify writes /.")
    if html := _HTML.findall(token):
        found.setdefault(HTML, f"HTML-safe escapes are in the body, where JSON.stringify writes none: {_listed(html)}.")
    rest = [escape for escape in _ESCAPE.findall(_HTML.sub("", token)) if escape not in plain]
    if rest:
        found.setdefault(NON_ASCII, f"Characters are escaped, where JSON.stringify writes UTF-8: {_listed(rest)}.")
    return plain


def _listed(escapes: list[str]) -> str:
    """The first few escapes, each with its character unless that is half of a pair."""
    shown = []
    for escape in dict.fromkeys(escapes[:8]):
        char = chr(int(escape[2:], 16))
        shown.append(escape if 0xD800 <= ord(char) <= 0xDFFF else f"{escape} for {safe(char)}")
    return ", ".join(shown)


def _number(token: str, found: dict[str, str]) -> str:
    try:
        plain = number(token)
    except (ValueError, OverflowError):
        return token
    if plain != token:
        found.setdefault(NUMBERS, f"The number {token[:40]} becomes {plain[:40]}.")
    return plain


def _order(core: bytes) -> str:
    """What moves or disappears when the members are written again."""
    repeated: list[str] = []
    indices: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        repeated.extend(name for name in set(names) if names.count(name) > 1)
        indices.extend(name for name in names if name.isascii() and name.isdigit())

    try:
        json.loads(core.decode("utf-8", "replace"), object_pairs_hook=look)
    except (ValueError, RecursionError):
        return "The members are written in another order."
    if repeated:
        return f"The member {safe(repeated[0])[:60]!r} is there more than once; only the last is kept."
    if indices:
        names = ", ".join(dict.fromkeys(safe(name)[:20] for name in indices[:5]))
        return f"Members whose names are whole numbers ({names}) move to the front, in ascending order."
    return "The members are written in another order."


def _ends(body: bytes) -> str:
    """The white space and the byte order mark, as escapes."""
    text = body.removeprefix(_BOM)
    before, after = text[: len(text) - len(text.lstrip(_WHITE))], text[len(text.rstrip(_WHITE)) :]
    parts = (body[: len(body) - len(text)] + before, after)
    return " and ".join(f"{safe(part.decode())!s} {where}" for part, where in zip(parts, _PLACES, strict=True) if part)
