"""Hostile exchanges: any bytes wherever a peer decides, any text wherever mitmproxy hands one on."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse

texts = st.text(st.characters(codec=None), max_size=30)  # with lone surrogates, NUL and controls
instants = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))
names = st.sampled_from([b"Content-Digest", b"content-encoding", b"Host"]) | st.binary(max_size=12)
fields = st.lists(st.tuples(names, st.binary(max_size=40)), max_size=5).map(Fields)
bodies = st.none() | st.binary(max_size=200) | st.integers(250, 20_000).map(lambda size: b"\x00\xff{}" * size)
versions = st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/\x00"])

requests = st.builds(
    HttpRequest,
    method=texts,
    url=texts,
    fields=fields,
    body=bodies,
    http_version=versions,
    authority=st.none() | texts,
    trailers=st.none() | fields,
)
responses = st.builds(
    HttpResponse,
    status=st.integers(0, 999),
    reason=texts,
    fields=fields,
    body=bodies,
    http_version=versions,
    trailers=st.none() | fields,
)
connections = st.builds(
    Connection,
    client=st.none() | texts,
    server=st.none() | texts,
    client_id=st.none() | texts,
    tls_version=st.none() | texts,
    proxy_mode=texts,
    upstream_url=st.none() | texts,
)
exchanges = st.builds(
    Exchange,
    n=st.just(1),
    request=requests,
    response=st.none() | responses,
    started=instants,
    request_ended=st.none() | instants,
    response_started=st.none() | instants,
    ended=st.none() | instants,
    error=st.none() | texts,
    connection=connections,
    notes=st.lists(texts, max_size=2).map(tuple),
)
