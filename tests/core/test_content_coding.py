"""RFC 9110 §8.4.1: codings are undone, bombs stay small, broken streams give what came before the break."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.bodies import read_body
from optrace.core.content_coding import decode_content
from optrace.core.fields import Fields
from tests.examples import examples

TEXT = b'{"a":"' + bytes(range(32, 126)).replace(b'"', b"").replace(b"\\", b"") * 40 + b'"}'


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("coding", ENCODERS)
def test_each_coding(coding):
    assert decode_content(ENCODERS[coding](TEXT), coding) == (TEXT, [])
    assert decode_content(ENCODERS[coding](TEXT), f" {coding.upper()} ,identity") == (TEXT, [])


def test_deflate_without_its_wrapper():
    assert decode_content(raw_deflate(TEXT), "deflate") == (TEXT, [])


def test_several_codings_are_undone_from_the_last():
    assert decode_content(brotli.compress(gzip.compress(TEXT)), "gzip, br") == (TEXT, [])


def test_several_members_and_frames():
    assert decode_content(gzip.compress(TEXT) + gzip.compress(b"more"), "gzip") == (TEXT + b"more", [])
    frames = ENCODERS["zstd"](TEXT) + ENCODERS["zstd"](b"more")
    assert decode_content(frames, "zstd") == (TEXT + b"more", [])


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_stops_at_the_limit(coding):
    body, problems = decode_content(ENCODERS[coding](b"\0" * 5_000_000), coding, limit=100_000)
    assert body == b"\0" * 100_000
    assert problems == [f"the {coding} body is larger than 100000 bytes when decoded; the first 100000 were read"]


@pytest.mark.parametrize("coding", ENCODERS)
def test_exactly_the_limit_is_no_bomb(coding):
    assert decode_content(ENCODERS[coding](b"a" * 1000), coding, limit=1000) == (b"a" * 1000, [])


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_stream_that_ends_too_early(coding):
    # random enough that half of the stream holds something
    data = b"".join(zlib.crc32(bytes([n % 256, n // 256])).to_bytes(4, "big") for n in range(60_000))
    whole = ENCODERS[coding](data)
    body, problems = decode_content(whole[: len(whole) // 2], coding)
    assert body is not None
    assert data.startswith(body)
    assert problems == [f"the {coding} stream is broken (it ends too early); {len(body)} bytes could be read"]


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_stream_that_is_none(coding):
    body, problems = decode_content(b"\xff\xff{}" * 20, coding)
    assert body == b""
    assert f"the {coding} stream is broken" in problems[0]


def test_a_damaged_stream_gives_what_came_before():
    data = b"".join(zlib.crc32(bytes([n % 256, n // 256])).to_bytes(4, "big") for n in range(60_000))
    whole = bytearray(gzip.compress(data))
    whole[-4:] = b"\0\0\0\0"  # the length at the end
    body, problems = decode_content(bytes(whole), "gzip")
    assert body is not None
    assert len(body) > len(data) - 40_000
    assert data.startswith(body)
    assert "incorrect length check" in problems[0]


def test_an_unknown_coding_leaves_nothing_to_say():
    read = read_body(Fields.of(("content-encoding", "aes128gcm"), ("content-type", "application/json")), b"{}")
    assert (read.kind, read.text) == ("binary", None)
    assert read.problems == ("the content coding 'aes128gcm' is unknown, so the body can't be read",)


def test_a_tower_of_codings_is_refused():
    assert decode_content(b"x", ",".join(["gzip"] * 50))[0] is None


def test_a_decoded_body_is_read():
    fields = Fields.of(("content-type", "application/json"), ("content-encoding", "gzip"))
    assert read_body(fields, gzip.compress(b'{"a":1}')).json == {"a": 1}
    broken = read_body(fields, gzip.compress(b'{"a":1}')[:-8])
    assert broken.json == {"a": 1}
    assert broken.problems == ("the gzip stream is broken (it ends too early); 7 bytes could be read",)


@examples(150)
@given(st.sampled_from(sorted(ENCODERS)), st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=3))
def test_damage_never_raises_and_never_exceeds_the_limit(coding, data, at, patch):
    stream = bytearray(ENCODERS[coding](data))
    stream[at : at + len(patch)] = patch
    body, _ = decode_content(bytes(stream), coding, limit=250)
    assert body is not None
    assert len(body) <= 250
