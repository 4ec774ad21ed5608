"""A server on this machine that answers as it is told and keeps every byte that it was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answering = Callable[[bytes], bytes]


def http(status: int, body: bytes = b"", *fields: str) -> bytes:
    """An answer, after which the connection ends."""
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", "Connection: close", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


class Heard:
    """What a server was sent."""

    def __init__(self, port: int) -> None:
        self.port, self.requests = port, list[bytes]()
        self.url = f"http://127.0.0.1:{port}"


@contextmanager
def server(answering: Answering = lambda _: http(200)) -> Iterator[Heard]:
    listener = socket.create_server(("127.0.0.1", 0))
    heard = Heard(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data or not _whole(data):
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    data += piece
                heard.requests.append(data)
                connection.sendall(answering(data))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _whole(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return True
