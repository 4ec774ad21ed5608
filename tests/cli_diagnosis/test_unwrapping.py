"""Requests in what stands around them where people copy them from: the same message comes out of each."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.pasted import read_pasted
from optrace.cli.unwrapping import unwrapped
from optrace.core.errors import Usage
from tests.examples import examples

URL = "https://rs.example/t/quotes?a=%20b"
FIELDS = [
    ("Host", "rs.example"),
    ("Authorization", "GNAP AB12"),
    ("Content-Type", "application/json"),
    ("Content-Length", "28"),
    ("Signature-Input", 'sig1=("@method" "@target-uri");keyid="k";created=1'),
    ("Signature", "sig1=:AAAA+/==:"),
]
BODY = '{"note":"it\'s","receiver":1}'
LINES = ["POST /t/quotes?a=%20b HTTP/1.1", *(f"{name}: {value}" for name, value in FIELDS), "", BODY]
HEAD, CRLF = "\r\n".join(LINES[:-1]) + "\r\n", "\r\n".join(LINES)


def before_each(prefix: str) -> str:
    return "\n".join(prefix + line for line in LINES)


def timed() -> str:
    return "\n".join(f"2026-11-26T11:00:{n:02}.{n * 7:03}Z DEBUG [7] {line}" for n, line in enumerate(LINES))


def curl(*more: str, join: str = " ") -> str:
    headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in FIELDS]
    return join.join([f"curl {shlex.quote(URL)}", *more, *headers, f"--data-raw {shlex.quote(BODY)}"])


WRAPPINGS: Mapping[str, str] = {
    "indented": before_each("    "),
    "prefixed": before_each("| "),
    "in a log": timed(),
    "after other lines": "INFO: HEADERS:\nfoo: bar\n" + "\n".join(LINES),
    "in a fence": "```http\n" + "\n".join(LINES) + "\n```\n",
    "curl": curl("-X POST"),
    "curl over lines": curl(join=" \\\n  "),
    "curl of a browser": curl().replace(shlex.quote(BODY), "$'" + BODY.replace("'", "\\'") + "'"),
    "a JSON record": json.dumps({"method": "POST", "url": URL, "headers": dict(FIELDS), "body": BODY}),
    "a body as JSON": json.dumps({"method": "POST", "url": URL, "headers": FIELDS, "body": json.loads(BODY)}),
    "raw headers of Node.js": json.dumps(
        {"method": "POST", "url": URL, "rawHeaders": [part for field in FIELDS for part in field], "body": BODY}
    ),
    "a dict of Python": repr({"method": "POST", "url": URL, "headers": dict(FIELDS), "body": BODY.encode()}),
    "pairs of Python": repr(
        {"method": "POST", "url": URL, "headers": [(n.encode(), v.encode()) for n, v in FIELDS], "data": BODY}
    ),
    "HAR": json.dumps(
        {
            "request": {
                "method": "POST",
                "url": URL,
                "headers": [{"name": name, "value": value} for name, value in FIELDS],
                "postData": {"mimeType": "application/json", "text": BODY},
            }
        },
        indent=2,
    ),
    "one line with escapes": CRLF.replace("\r\n", "\\r\\n"),
    "Go's %q": "req: " + json.dumps(CRLF),
    "Ruby's debug output": f'opened\n<- {json.dumps(HEAD)}\n<- {json.dumps(BODY)}\n-> "HTTP/1.1 401 No\\r\\n"\n-> "x"',
    "Python's debug output": f"send: b{HEAD!r}\nsend: b{BODY!r}\nreply: 'HTTP/1.1 401 No\\r\\n'\nheader: Date: x",
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_request_comes_out_as_it_went_in(wrapping: str) -> None:
    request = read_pasted(WRAPPINGS[wrapping].encode()).request
    assert (request.method, request.url) == ("POST", URL)
    assert list(request.fields) == FIELDS
    assert request.body == BODY.encode()


def test_what_curl_adds_is_added() -> None:
    request = read_pasted(b"$ curl https://rs.example/quotes -d a=1 -d b=2").request
    assert (request.method, request.body) == ("POST", b"a=1&b=2")
    assert request.fields.get("content-type") == "application/x-www-form-urlencoded"
    assert request.fields.get("content-length") == "7"


def test_a_body_in_a_file_is_not_there() -> None:
    with pytest.raises(Usage, match="file"):
        read_pasted(b"curl https://rs.example/quotes --data-binary @body.json")


@pytest.mark.parametrize("text", ["", "hello", "{}", "[1]", "curl", "curl 'x", '{"url": 1}', "b'", "POST", "```"])
def test_what_holds_no_request_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        read_pasted(text.encode())


WRAP: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: "curl " + text,
    lambda text: '{"url":' + text,
    lambda text: f'"POST {text}\\n"',
    lambda text: f"  POST / HTTP/1.1\n{text}",
)


@examples(200)
@given(text=st.text(), wrap=st.sampled_from(WRAP))
def test_nothing_else_is_raised(text: str, wrap: Callable[[str], str]) -> None:
    with contextlib.suppress(Usage):
        unwrapped(wrap(text).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("write", [json.dumps, repr])
def test_header_fields_alone_are_not_enough(write: Callable[[object], str]) -> None:
    with pytest.raises(Usage, match="header fields alone"):
        unwrapped(write(dict(FIELDS)).encode())
