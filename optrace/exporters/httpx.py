"""Each request as a call of Python's httpx, with the fields in their order and the body byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.exporters.code import Call, calls, is_method, needed, pieces, text_of, url_to_send
from optrace.exporters.material import Exporter, Material

_HEAD = '''\
"""Requests recorded by optrace. Signatures are those of the recording: they age."""
'''
_SECRET = '''

def secret(name: str) -> str:
    """What is masked here; give it in the environment."""
    return os.environ[name]
'''
_TAIL = "    print(response.request.method, response.request.url, response.status_code)\n    print(response.text)\n"


def write(material: Material) -> Iterator[str]:
    """One script."""
    found = list(calls(material))
    masked = bool(needed(found))
    yield _HEAD + ("\nimport os\n" if masked else "") + "\nimport httpx\n" + (_SECRET if masked else "")
    yield ("\n" if masked else "") + "\nwith httpx.Client(timeout=30) as client:\n"
    for call in found:
        yield "\n".join(_lines(call)) + "\n" + _TAIL
    if not found:
        yield "    pass\n"


def _lines(call: Call) -> Iterator[str]:
    request = call.request
    yield f"    # {call.title}"
    yield from (f"    # {line}" for line in call.findings)
    if call.left_out:
        yield f"    # httpx can't send these fields: {', '.join(call.left_out)}"
    if request.body is None:
        yield "    # the body was not kept"
    method = request.method if is_method(request.method) else "GET"
    yield "    response = client.request("
    yield f"        {python(method)},"
    yield f"        {python(url_to_send(request.url))},"
    if call.fields:
        yield "        headers=["
        for name, value in call.fields:
            yield f"            ({_field(name.encode())}, {_field(value)}),"
        yield "        ],"
    if request.body:
        text = text_of(request.body)
        yield f"        content={request.body!r}," if text is None else f"        content={python(text)},"
    yield "    )"


def _field(value: bytes) -> str:
    """A name or value: text where httpx takes it as it is, else bytes."""
    text = text_of(value)
    if text is None:
        return repr(value)
    said = python(text)
    if any(words and not words.isascii() for words, _ in pieces(text)):
        return f"({said}).encode()"
    return said


def python(text: str) -> str:
    """A Python expression for a text; masked secrets are asked for."""
    return " + ".join(repr(words) if name is None else f"secret({name!r})" for words, name in pieces(text)) or "''"


EXPORTER = Exporter(name="httpx", title="a Python script that sends each request by httpx", suffix=".py", write=write)
