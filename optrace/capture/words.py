"""What broke an exchange, in plain words, from what mitmproxy and the operating system say."""

from __future__ import annotations

import re

# the first that matches counts; {server} is the address that the proxy connected to, {sender} whose message was broken
# off, {0} the pattern's first group
_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"Errno (?:111|61|10061)\b|WinError 10061|connection refused",
        "connection refused by {server}: nothing listens there",
    ),
    (
        r"Errno (?:-2|-3|-5|8|11001)\b|Name or service not known|nodename nor servname|getaddrinfo|name resolution",
        "the name of {server} can't be resolved",
    ),
    (r"Errno (?:110|60|10060)\b|timed out", "no answer from {server}: timed out"),
    (
        r"Errno (?:101|113|51|65|10051|10065)\b|unreachable|No route to host",
        "{server} can't be reached: no route to it",
    ),
    (
        r"Certificate verify failed: (.*)",
        "the certificate of {server} isn't trusted ({0}): give the CA that signed it with --upstream-ca",
    ),
    (r"does not speak TLS", "{server} doesn't speak TLS: is it http instead of https?"),
    (r"cannot agree on a TLS version", "{server} and the proxy have no TLS version in common"),
    (r"Request destination unknown", "the request was sent to the proxy itself, so there is no server to pass it to"),
    (r"no host header", "the request names no host, so there is no server to pass it to"),
    (
        r"peer closed connection without sending complete message body \(received (\d+) bytes, expected (\d+)",
        "{sender} hung up within its message, after {0} of {1} bytes of its body",
    ),
    (r"peer closed connection without sending complete|incomplete chunked read", "{sender} hung up within its message"),
    (
        r"Client disconnected|stream reset by client|closed by client",
        "the client hung up before the answer was complete",
    ),
    (r"server closed connection|closed by server", "{server} hung up before its answer was complete"),
    (r"stream reset by server ?(.*)", "{server} broke the answer off {0}"),
    (r"connection ended by server ?(.*)", "{server} ended the HTTP/2 connection before its answer was complete {0}"),
    (r"HTTP/2 connection closed: <ConnectionTerminated", "the client hung up before the answer was complete"),
    (r"Received (.*) from (?:client|server), refusing", "refused by the proxy as malformed: {0}"),
    (r"Cannot parse HTTP response: (.*)", "{server} answered with something that isn't HTTP: {0}"),
    (r"HTTP/1 protocol error: (.*)", "not well-formed HTTP/1: {0}"),
    (r"^connection closed", "{server} hung up while TLS was being set up"),
    (r"^Connection killed\.?$", "dropped in the proxy"),
)
_TABLE = tuple((re.compile(pattern, re.S | re.I), words) for pattern, words in _WORDS)


def plain_error(message: str, server: str, *, answered: bool) -> str:
    """One sentence without a full stop; what isn't in the table stays as mitmproxy says it.

    Args:
        server: `host:port` that the proxy connected to, or tried to.
        answered: whether the server had begun to answer.
    """
    for pattern, words in _TABLE:
        if match := pattern.search(message):
            groups = (group or "" for group in match.groups())
            return words.format(*groups, server=server, sender=server if answered else "the client").rstrip()
    return message
