"""The screen in a browser on this machine: textual-serve, behind a token that opens the page once.

Whoever has the address first gets a cookie for it; after that the address is worth nothing. Requests under another
host name (DNS rebinding) and WebSockets from other pages are refused, and the page may load nothing from elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
import shlex
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from textual_serve.server import Server

from optrace.core.errors import CannotStart

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOST = "127.0.0.1"
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' ws://{host}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_CLOSED = (
    "This page is opened by the address that `optrace web` printed, once. Start `optrace web` again for a new one.\n"
)


class Page(Server):
    """Serves a command's screen to the one browser that came with the token.

    Raises:
        CannotStart: the port is taken.
    """

    def __init__(self, command: Sequence[str], *, port: int, title: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((_HOST, port))
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise CannotStart(
                f"Port {port} can't be had", remedy="Stop the other program, or choose another with --port."
            ) from None
        super().__init__(shlex.join(command), host=_HOST, port=self._socket.getsockname()[1], title=title)
        self._authority = f"{_HOST}:{self.port}"
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """What opens the page, once."""
        return f"http://{self._authority}/?token={self._token}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        web.run_app(self._make_app(), sock=self._socket, print=None, access_log=None)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command has said where to go."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.host != self._authority or request.headers.get("Origin") not in (None, f"http://{self._authority}"):
            raise web.HTTPForbidden(text="Another host name or page than this one's own.\n")
        if hmac.compare_digest(request.cookies.get(self._cookie_name, "").encode(), self._cookie.encode()):
            response = await handler(request)
            if not response.prepared:
                response.headers["Content-Security-Policy"] = _POLICY.format(host=self._authority)
                response.headers["Referrer-Policy"] = "no-referrer"
                response.headers["Cache-Control"] = "no-store"
            return response
        token = request.query.get("token", "")
        if self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise web.HTTPForbidden(text=_CLOSED)
        self._token = None
        opened = web.HTTPFound("/")
        opened.set_cookie(self._cookie_name, self._cookie, httponly=True, samesite="Strict")
        raise opened

    @property
    def _cookie_name(self) -> str:
        """Cookies are shared by all ports of a host, so its name holds the port."""
        return f"optrace_{self.port}"
