"""Who broke an HTTP/2 exchange off: mitmproxy says "by client" of a stream that its server has reset, too."""

from __future__ import annotations

import re

import h2.errors
from mitmproxy.proxy.layers.http import _http2
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

_GOAWAY = re.compile(r"HTTP/2 connection closed: <ConnectionTerminated error_code:(\d+).*", re.S)


class _OfServer(ResponseProtocolError):
    """What a server did, said of the server."""

    def __init__(self, stream_id: int, message: str, code: ErrorCode = ResponseProtocolError.code) -> None:
        message = message.replace("stream reset by client", "stream reset by server")
        if match := _GOAWAY.fullmatch(message):
            message = f"connection ended by server ({_name(int(match[1]))})"
        super().__init__(stream_id, message, code)


def install() -> None:
    """Have mitmproxy's HTTP/2 client say what is here, for as long as the process lives."""
    _http2.Http2Client.ReceiveProtocolError = _OfServer


def _name(code: int) -> str:
    """RFC 9113 §7: `ENHANCE_YOUR_CALM`; the number where there is no name."""
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return str(code)
