"""A TLS server on loopback with a certificate of the proxy's CA: what connects to it, trusts the CA."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509

from optrace.capture.ca import ca_certificate

_NAME = "localhost"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said of what comes by."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that doesn't trust the certificate hangs up, which is what is to be found out."""


@contextmanager
def trial_server(confdir: Path) -> Iterator[str]:
    """The URL of a server that answers every GET; it ends with the context.

    Raises:
        CannotStart: the CA can neither be read nor made.
    """
    ca_certificate(confdir)
    from mitmproxy.certs import CertStore  # heavy, and needed by one command

    store = CertStore.from_store(confdir.expanduser(), "mitmproxy", 2048)
    leaf = store.get_cert(_NAME, [x509.DNSName(_NAME)])
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "certificate.pem"
        certificate.write_bytes(leaf.cert.to_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # mitmproxy signs all certificates for one key, the CA's own
        context.load_cert_chain(certificate, confdir.expanduser() / "mitmproxy-ca.pem")
    server = _Server(("127.0.0.1", 0), _Answer)
    # the handshake belongs into the thread of its client: one that hangs must not hold up the others
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.05,), name="optrace-trial", daemon=True)
    thread.start()
    try:
        yield f"https://{_NAME}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
