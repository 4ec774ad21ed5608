"""Content codings (RFC 9110 §8.4.1, RFC 8878, RFC 7932) undone with a limit, so that a bomb stays small."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

from optrace.core.text import safe

DECODED_LIMIT = 32 * 1024 * 1024  # bytes after decoding
_MAX_CODINGS = 4  # one on top of another; real messages have one
_ZSTD_BITE = 256


class _Broken(Exception):
    """The stream ended early or is damaged; `read` is what came before."""

    def __init__(self, read: bytes, why: str) -> None:
        self.read = read
        super().__init__(why)


class _TooLarge(Exception):
    """There is more than the limit allows; `read` is the part within it."""

    def __init__(self, read: bytes) -> None:
        self.read = read


def decode_content(body: bytes, encoding: str, *, limit: int = DECODED_LIMIT) -> tuple[bytes | None, list[str]]:
    """Undo the codings that Content-Encoding lists, the last one first.

    Returns the decoded bytes, or what could be read of them, and the problems. None stands for a coding that optrace
    doesn't know: nothing can be said of the body then.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) and name != "identity"]
    if len(names) > _MAX_CODINGS:
        return None, [f"Content-Encoding lists {len(names)} codings; optrace undoes {_MAX_CODINGS} at most"]
    problems: list[str] = []
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            return None, [*problems, f"the content coding {safe(name[:40])!r} is unknown, so the body can't be read"]
        try:
            body = decoder(body, limit)
        except _TooLarge as error:
            body = error.read
            problems.append(
                f"the {name} body is larger than {limit} bytes when decoded; the first {len(body)} were read"
            )
        except _Broken as error:
            body = error.read
            problems.append(f"the {name} stream is broken ({error}); {len(body)} bytes could be read")
    return body, problems


def encode_content(body: bytes, encoding: str) -> bytes | None:
    """Apply the codings that Content-Encoding lists, in their order; None if there is one that optrace doesn't know."""
    for name in (name for part in encoding.split(",") if (name := part.strip().lower()) and name != "identity"):
        encoder = _ENCODERS.get(name)
        if encoder is None:
            return None
        body = encoder(body)
    return body


def _to_brotli(body: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]  # heavy, and rare on these wires

    coded: bytes = brotli.compress(body, quality=5)
    return coded


def _to_zstd(body: bytes) -> bytes:
    import zstandard  # heavy, and rare on these wires

    return zstandard.ZstdCompressor().compress(body)


def _gzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, zlib.MAX_WBITS | 16, members=True)


def _deflate(body: bytes, limit: int) -> bytes:
    """zlib's format by RFC 9110, and the bare stream that some senders write instead."""
    wrapped = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, limit, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS, members=False)


def _inflate(body: bytes, limit: int, wbits: int, *, members: bool) -> bytes:
    out = bytearray()
    rest = body
    while True:
        stream = zlib.decompressobj(wbits)
        try:
            # one byte more than wanted tells a full buffer from an end
            out += stream.decompress(rest, limit - len(out) + 1)
        except zlib.error as error:
            # the call that fails gives nothing back: go again in small bites up to the break
            raise _Broken(bytes(out) + _before_the_break(rest, wbits, limit - len(out)), _reason(error)) from None
        if len(out) > limit:
            raise _TooLarge(bytes(out[:limit]))
        if not stream.eof:
            raise _Broken(bytes(out), "it ends too early")
        rest = stream.unused_data
        if not rest.strip(b"\0"):
            return bytes(out)
        if not members:
            raise _Broken(bytes(out), f"{len(rest)} bytes follow its end")


def _before_the_break(rest: bytes, wbits: int, limit: int) -> bytes:
    stream, out = zlib.decompressobj(wbits), bytearray()
    try:
        for start in range(0, len(rest), 64):
            out += stream.decompress(rest[start : start + 64], limit - len(out) + 1)
            if stream.unconsumed_tail or len(out) > limit:
                break
    except zlib.error:
        pass
    return bytes(out[:limit])


def _reason(error: Exception) -> str:
    # "Error -3 while decompressing data: incorrect header check"
    return safe(str(error).rpartition(": ")[2])[:80] or type(error).__name__


def _brotli(body: bytes, limit: int) -> bytes:
    import brotli  # heavy, and rare on these wires

    stream, out, rest = brotli.Decompressor(), bytearray(), body
    try:
        while True:
            out += stream.process(rest, output_buffer_limit=limit - len(out) + 1)
            rest = b""
            if len(out) > limit:
                raise _TooLarge(bytes(out[:limit]))
            if stream.is_finished():
                return bytes(out)
            if stream.can_accept_more_data():
                raise _Broken(bytes(out), "it ends too early")
    except brotli.error as error:
        raise _Broken(bytes(out), _reason(error)) from None


def _zstd(body: bytes, limit: int) -> bytes:
    import zstandard  # heavy, and rare on these wires

    # RFC 9659: no window beyond 8 MB on the web; a larger one is a way to take memory
    decompressor = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
    out, rest = bytearray(), memoryview(body)
    try:
        while rest:
            stream = decompressor.decompressobj()  # reads one frame
            while not stream.eof:
                if not rest:
                    raise _Broken(bytes(out), "it ends too early")
                # four bytes may stand for 128 KiB, so only a small bite keeps the result small
                bite, rest = rest[:_ZSTD_BITE], rest[_ZSTD_BITE:]
                out += stream.decompress(bite)
                if len(out) > limit:
                    raise _TooLarge(bytes(out[:limit]))
            if stream.unused_data:
                rest = memoryview(stream.unused_data + bytes(rest))
    except zstandard.ZstdError as error:
        raise _Broken(bytes(out), _reason(error)) from None
    return bytes(out)


_DECODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.compress(body, wbits=zlib.MAX_WBITS | 16),
    "x-gzip": lambda body: zlib.compress(body, wbits=zlib.MAX_WBITS | 16),
    "deflate": zlib.compress,
    "br": _to_brotli,
    "zstd": _to_zstd,
}
