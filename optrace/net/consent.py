"""Getting consent for a replay: from a person, whose browser comes back to this machine, or from a page with a form."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlencode

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.core.urls import join, parse

_HOPS = 12  # redirects and pages until somebody must have decided
_NAMES = ("hash", "interact_ref", "result")


class Callback:
    """A finish URI on this machine, which waits for the browser. Use it in a `with`."""

    def __init__(self, port: int = 0) -> None:
        self._came: dict[str, str] = {}
        self._heard = threading.Event()
        callback = self

        class Finish(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = _finished(f"http://localhost{self.path}") if parse(self.path).path == "/finish" else {}
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                if found:
                    self.wfile.write(b"Thank you. The replay goes on; you can close this window.\n")
                    callback._came = callback._came or found
                    callback._heard.set()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Finish)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/finish"

    def wait(self, seconds: float) -> Mapping[str, str]:
        """The parameters that the browser came with; empty if it didn't come in time. Each visit counts once."""
        self._heard.wait(seconds)
        came, self._came = self._came, {}
        self._heard.clear()
        return came

    def __enter__(self) -> Callback:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(slots=True)
class Visitor:
    """A browser of a kind: follows redirects, presses a button of the first form, and remembers cookies.

    `send` is the player's: it goes to named hosts only.
    """

    send: Callable[[HttpRequest], Exchange]
    _cookies: dict[str, dict[str, str]] = field(default_factory=dict)  # host -> name -> value

    def visit(self, url: str, decision: str, finish_uri: str | None) -> Mapping[str, str]:
        """Go to a URL and decide; the parameters with which the way leads back to the client.

        Args:
            decision: accept or reject.
            finish_uri: where the way ends; None if the client polls, then it ends with the last page.

        Raises:
            NotNamed: the way leads to a host that may not be reached.
        """
        method, body, decided = "GET", b"", False
        for _ in range(_HOPS):
            exchange = self.send(self._request(method, url, body))
            response = exchange.response
            if response is None:
                return {}
            self._remember(url, response.fields)
            location = response.fields.get("location")
            if location and 300 <= response.status < 400:
                url, method, body = join(url, location), "GET", b""
                if finish_uri is not None and url.partition("?")[0] == finish_uri.partition("?")[0]:
                    return _finished(url)
            elif not decided and (action := _form(response.body or b"")):
                url, method, decided = join(url, action), "POST", True
                body = urlencode({"decision": decision}).encode()
            else:
                return {}
        return {}

    def _request(self, method: str, url: str, body: bytes) -> HttpRequest:
        fields = [("Accept", "text/html,*/*;q=0.8"), ("User-Agent", "optrace replay")]
        if cookies := self._cookies.get(parse(url).host):
            fields.append(("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())))
        if body:
            fields += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        return HttpRequest(method=method, url=url, fields=Fields.of(*fields), body=body)

    def _remember(self, url: str, fields: Fields) -> None:
        for line in fields.get_all("set-cookie"):
            name, equals, value = line.partition(";")[0].strip().partition("=")
            if equals:
                self._cookies.setdefault(parse(url).host, {})[name] = value


def _finished(url: str) -> dict[str, str]:
    found = dict(parse(url).parameters())
    return {name: found[name] for name in _NAMES if name in found}


class _Forms(HTMLParser):
    action: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and self.action is None:
            self.action = dict(attrs).get("action") or ""


def _form(page: bytes) -> str | None:
    """Where the first form of a page goes; None if there is none."""
    forms = _Forms()
    forms.feed(page.decode("utf-8", "replace"))
    return forms.action
