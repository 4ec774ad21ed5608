"""Chunks (RFC 9112 §7.1) that a recorder kept in a body: a secret may be split over two of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from optrace.core.fields import Fields

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True)
class Framed:
    """A body in chunks, taken apart."""

    content: bytes
    heads: tuple[bytes, ...]  # the lines before the chunks, the last one's included
    sizes: tuple[int, ...]
    rest: bytes  # after the last chunk's line

    def again(self, content: bytes) -> bytes | None:
        """Other content of the same length in the same chunks; None if it is of another length."""
        if len(content) != len(self.content):
            return None
        framed, at = b"", 0
        for head, size in zip(self.heads, self.sizes, strict=True):
            framed += head + content[at : at + size] + (b"\r\n" if size else b"")
            at += size
        return framed + self.rest


def unframed(fields: Fields, body: bytes) -> Framed | None:
    """The chunks of a body whose fields say that it comes in chunks; None if it isn't, or isn't any more."""
    if "transfer-encoding" not in fields or "chunked" not in (fields.combined("transfer-encoding") or "").lower():
        return None
    heads, sizes, content, at = [], [], b"", 0
    while (match := _SIZE.match(body, at)) is not None:
        size = int(match[1], 16)
        heads.append(match[0])
        sizes.append(size)
        at = match.end()
        if size == 0:
            return Framed(content, tuple(heads), tuple(sizes), body[at:])
        if body[at + size : at + size + 2] != b"\r\n":
            return None
        content += body[at : at + size]
        at += size + 2
    return None
