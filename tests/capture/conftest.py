from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from mitmproxy.certs import CertStore

from tests.capture.kit import KeptSink


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's own CA, made once."""
    folder = tmp_path_factory.mktemp("mitmproxy")
    CertStore.from_store(folder, "mitmproxy", 2048)
    return folder


@pytest.fixture(scope="session")
def upstream_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA that nobody knows, for the servers behind the proxy."""
    folder = tmp_path_factory.mktemp("upstream")
    CertStore.from_store(folder, "mitmproxy", 2048)
    return folder


@pytest.fixture(scope="session")
def upstream_pem(upstream_ca: Path) -> Path:
    return upstream_ca / "mitmproxy-ca-cert.pem"


@pytest.fixture
def upstream_tls(upstream_ca: Path, tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS, with a certificate for localhost and 127.0.0.1 by the unknown CA."""
    import ipaddress

    from cryptography import x509

    store = CertStore.from_store(upstream_ca, "mitmproxy", 2048)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    entry = store.get_cert("localhost", names, "optrace tests")
    key = upstream_ca / "mitmproxy-ca.pem"  # mitmproxy signs with the CA's key and uses it for its leaves too
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(entry.cert.to_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture
def sink() -> KeptSink:
    return KeptSink()
