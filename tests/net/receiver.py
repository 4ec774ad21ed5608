"""A collector made of OpenTelemetry's own definitions: what they can't read is an error. It answers as it is told."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToJson, ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.exporters.test_otlp import _with_bytes, attributes

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    """What arrived, and what is answered: the list first, then that all is well."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    fields: list[dict[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)  # of the requests that were taken
    requests: int = 0

    def exchanges(self) -> list[int]:
        """The numbers of the exchanges that arrived, each as often as it did."""
        return sorted(attributes(span)["optrace.exchange"] for span in self.spans if span.kind == Span.SPAN_KIND_CLIENT)

    def payments(self) -> list[int]:
        """The same of the payments."""
        return sorted(
            attributes(span)["optrace.payment"] for span in self.spans if span.kind == Span.SPAN_KIND_INTERNAL
        )

    def take(self, path: str, fields: dict[str, str], body: bytes) -> Answer:
        """One request."""
        self.requests += 1
        assert path.endswith("/v1/traces")
        assert fields["Content-Type"] == "application/json"
        text = gzip.decompress(body).decode() if fields.get("Content-Encoding") == "gzip" else body.decode()
        request = ParseDict(_with_bytes(json.loads(text)), ExportTraceServiceRequest())
        self.fields.append(fields)
        self.bodies.append(text)
        self.before()
        status, more, said = self.answers.pop(0) if self.answers else (200, {}, _taken())
        if status == 200:
            self.spans += [span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans]
        return status, more, said


def _taken() -> bytes:
    return MessageToJson(ExportTraceServiceResponse()).encode()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, fields, said = receiver.take(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **fields}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
