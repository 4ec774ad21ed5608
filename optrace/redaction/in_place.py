"""Text that is escaped, changed without disturbing its escapes: what stays the same stays written as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

To = Callable[[str], str]
_Unit = tuple[str, str]  # (as written, the character that it stands for)

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+|[^%]+|%")
_JSON = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+|\\", re.S)
_SHORT = {'\\"': '"', "\\\\": "\\", "\\/": "/", "\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
_PLAIN = re.compile(r"[\w.~-]*", re.A).fullmatch
_LOWER = re.compile(r"%(?:[a-f][0-9a-f]|[0-9][a-f])|\\u[0-9a-f]*[a-f]")


def in_percent(raw: str, to: To) -> str:
    """Percent-encoded text with what it says changed."""
    if "%" not in raw:
        said = to(raw)
        if said == raw or _PLAIN(said):
            return said
        return _joined([(char, char) for char in raw], said, raw, _in_percent)
    units = [unit for match in _PERCENT.finditer(raw) for unit in _of_percent(match[0])]
    return _joined(units, to("".join(char for _, char in units)), raw, _in_percent)


def in_json(raw: str, to: To) -> str:
    """What stands between the quotes of a JSON string, with what it says changed."""
    if "\\" not in raw:
        return plain_in_json(raw, to(raw))
    units = [unit for match in _JSON.finditer(raw) for unit in _of_json(match[0])]
    return _joined(units, to("".join(char for _, char in units)), raw, _in_json)


def plain_in_json(raw: str, said: str) -> str:
    """What stands between the quotes of a JSON string without escapes, once it says something else."""
    if len(said) == len(raw) and '"' not in said and "\\" not in said:
        return said
    return _joined([(char, char) for char in raw], said, raw, _in_json)


def _joined(units: list[_Unit], said: str, raw: str, write: Callable[[str, str, str], str]) -> str:
    if len(units) != len(said):  # something computed, of another length: nothing of the old spelling can be kept
        return "".join(write(char, "", raw) for char in said)
    return "".join(
        spelled if char == old else write(char, spelled, raw)
        for (spelled, old), char in zip(units, said, strict=True)
    )  # fmt: skip


def _of_percent(run: str) -> list[_Unit]:
    if not (run.startswith("%") and len(run) > 1):
        return [(char, char) for char in run]
    text = bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape")
    units, at = [], 0
    for char in text:
        end = at + 3 * len(char.encode("utf-8", "surrogateescape"))
        units.append((run[at:end], char))
        at = end
    return units


def _in_percent(char: str, spelled: str, raw: str) -> str:
    plain = char.isalnum() or char in "-._~" or char in raw
    if plain and not spelled.startswith("%"):
        return char
    escaped = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))
    return escaped.lower() if _LOWER.search(raw) else escaped


def _of_json(run: str) -> list[_Unit]:
    if run in _SHORT:
        return [(run, _SHORT[run])]
    if run.startswith("\\u") and len(run) >= 6:
        code = int(run[2:6], 16)
        if len(run) == 12:
            code = 0x10000 + ((code - 0xD800) << 10) + int(run[8:], 16) - 0xDC00
        return [(run, chr(code))]
    return [(char, char) for char in run]


def _in_json(char: str, spelled: str, raw: str) -> str:
    if spelled.startswith("\\u"):
        escaped = "".join(f"\\u{unit:04X}" for unit in _utf16(char))
        return escaped.replace("\\U", "\\u") if not _LOWER.search(raw) else escaped.lower()
    if char == "/":
        return "\\/" if "\\/" in raw else "/"
    return json.dumps(char, ensure_ascii=False)[1:-1]


def _utf16(char: str) -> list[int]:
    data = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
