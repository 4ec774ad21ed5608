"""Each request as a curl command for a POSIX shell. Signatures are those of the recording: they age, and servers that
protect themselves against replay refuse them.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator

from optrace.exporters.code import Call, calls, is_method, pieces, text_of, url_to_send
from optrace.exporters.material import Exporter, Material

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def write(material: Material) -> Iterator[str]:
    """One command after the other, each with a comment."""
    before = "#!/bin/sh\n"
    for call in calls(material):
        yield before + "\n".join(_lines(call)) + "\n"
        before = "\n"


def _lines(call: Call) -> Iterator[str]:
    yield f"# {call.title}"
    yield from (f"# {line}" for line in call.findings)
    if call.secrets:
        yield f"# masked: set {', '.join(call.secrets)}"
    if call.left_out:
        yield f"# curl can't send these fields: {', '.join(call.left_out)}"
    if not is_method(call.request.method):
        yield "# curl can't send this method"
        return
    if call.request.body is None:
        yield "# the body was not kept"
    parts = [_command(call), *(f"-H {_field(name, value)}" for name, value in call.fields)]
    if "accept-encoding" in call.request.fields:
        parts.append("--compressed")
    yield " \\\n  ".join([*parts, *_body(call)])


def _command(call: Call) -> str:
    method = call.request.method
    how = "--head" if method == "HEAD" else f"-X {shlex.quote(method)}"
    pipe = _pipe(call.request.body or b"")
    return f"{pipe}curl --globoff --path-as-is --include {how} {_shell(url_to_send(call.request.url))}"


def _pipe(body: bytes) -> str:
    """How bytes reach curl that no shell can have in a word."""
    return "" if _sayable(body) else f"printf %s {base64.b64encode(body).decode()} | base64 -d | "


def _body(call: Call) -> Iterator[str]:
    body = call.request.body or b""
    if not body:
        return
    yield f"--data-raw {_shell(text_of(body) or '')}" if _sayable(body) else "--data-binary @-"
    if "content-type" not in call.request.fields:
        yield "-H 'Content-Type:'"  # otherwise curl says that it is a form


def _field(name: str, value: bytes) -> str:
    if not value:
        return shlex.quote(f"{name};")  # curl's way to send an empty field
    text = text_of(value)
    if text is not None and not _ODD.search(text):
        return _shell(f"{name}: {text}")
    octal = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\'%" else f"\\{byte:03o}" for byte in value)
    return f"\"$(printf '{name}: {octal}')\""


def _sayable(body: bytes) -> bool:
    text = text_of(body)
    return text is not None and not _ODD.search(text)


def _shell(text: str) -> str:
    """A word for the shell; masked secrets are variables that have to be set."""
    said = [shlex.quote(words) if name is None else f'"${{{name}:?}}"' for words, name in pieces(text)]
    return "".join(said) or "''"


EXPORTER = Exporter(name="curl", title="a curl command for each request", suffix=".sh", write=write)
