"""All that is text in a session, with stand-ins for what it gives away."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Container
from functools import lru_cache

from optrace.core.content_coding import decode_content, encode_content
from optrace.core.fields import Fields
from optrace.core.framing import unframed
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.quick import replace
from optrace.core.redact import (
    PERSONAL_QUERY,
    SECRET_FIELDS,
    SECRET_MEMBERS,
    TOKEN_HOLDER,
    any_partly,
    is_secret_member,
    mask_field,
    mask_text,
    mask_url,
)
from optrace.core.sweep import written
from optrace.redaction.coded import Coded
from optrace.redaction.hosts import Hosts
from optrace.redaction.in_place import in_json, in_percent
from optrace.redaction.json_text import Place, change_strings
from optrace.redaction.known import Findable, Names, is_personal
from optrace.redaction.stand_ins import StandIns

LEFT_OUT = "A body that can't be read was left out: it may hold secrets."
_SUSPECT = re.compile(r"[=@/\"]|(?:gnap|bearer|basic|dpop)\s", re.I).search
_PAIR = re.compile(r"([?&;]|%3F|%26)([\w.-]+)(=|%3D)((?:(?!%26)[^&#\s\"'<>;])*)", re.I)
_JSON = re.compile(r"\s*[{\[]").match
# what is needed for any string of a JSON text to be changed because of where it stands
_PERSONAL = re.compile(r'"(?:metadata|display|subject)|Name|_name|name"|mail|hone|externalRef').search
_SECRET = re.compile(rf'"(?:{"|".join(sorted({*SECRET_MEMBERS, TOKEN_HOLDER}))})"\s*:').search
_HOST_FIELDS = frozenset({"host", "x-forwarded-host", "x-original-host", "x-forwarded-server"})


class Texts:
    """Changes texts, once everything that they may give away is learned."""

    def __init__(self, stand_ins: StandIns, *, hosts: bool) -> None:
        self.stand_ins = stand_ins
        self.secrets = Findable()
        self.names = Names(stand_ins)
        self.hosts = Hosts(stand_ins) if hosts else None
        self._pairs = lru_cache(maxsize=4096)(self._written)
        # most fields, and many strings, are those of the message before
        self.field = lru_cache(maxsize=4096)(self._field)
        self._raw_field = lru_cache(maxsize=4096)(self._changed_field)
        self._shown = lru_cache(maxsize=4096)(self._readable)
        self._field_name = lru_cache(maxsize=1024)(self._swept)
        self.word = lru_cache(maxsize=1024)(self.text)
        self._connection = lru_cache(maxsize=1024)(self._between)
        self._coded = Coded(self._plain)

    # learning

    def learn(self, exchange: Exchange) -> None:
        """Remember the secrets and the hosts of an exchange."""
        self.secrets.learn(exchange)
        for message in (exchange.request, exchange.response):
            body = message.body if message is not None else None
            if message is not None and body and (inner := unframed(message.fields, body)) is not None:
                plain = replace(message, body=inner.content)
                self.secrets.learn(replace(exchange, request=plain, response=None) if isinstance(plain, HttpRequest)
                                   else replace(exchange, response=plain))  # fmt: skip
            if message is not None and _PERSONAL(said := _body_text(message) or ""):
                change_strings(said, self._learn_string)
        if self.hosts is not None:
            self._learn_hosts(self.hosts, exchange)

    def _learn_string(self, said: str, place: Place) -> str:
        if is_personal(place):
            self.secrets.add(said)
        return said

    def _learn_hosts(self, hosts: Hosts, exchange: Exchange) -> None:
        connection = exchange.connection
        for authority in (exchange.request.authority, connection.sni, connection.client, connection.server):
            hosts.add(authority)
        hosts.learn(exchange.request.url)
        for message in (exchange.request, exchange.response):
            if message is None:
                continue
            for name, value in message.fields:
                hosts.add(value.strip()) if name.lower() in _HOST_FIELDS else hosts.learn(value)
            hosts.learn(_body_text(message) or "")

    # changing

    def text(self, text: str) -> str:
        """Text of no known form."""
        if _SUSPECT(text):
            text = mask_text(text, self._secret, escaped=in_percent)
        return self.sweep(text)

    def url(self, url: str) -> str:
        """A URL, absolute or not."""
        return self.sweep(self._personal(mask_url(url, self._secret, escaped=in_percent)))

    def _field(self, name: str, value: str) -> str:
        """The value of a header field."""
        lower = name.lower()
        if lower in ("cookie", "set-cookie"):
            return self.sweep(_cookies(value, self._secret, whole=lower == "cookie"))
        if lower in SECRET_FIELDS or _SUSPECT(value):
            value = mask_field(name, value, self._secret, escaped=in_percent)
            value = self._personal(value)
        if self.hosts is not None and lower in _HOST_FIELDS:
            return self.hosts.name(value)
        return self.sweep(value)

    def sweep(self, text: str) -> str:
        """The text with every secret, name and host in it replaced, however it is encoded."""
        return self._coded.change(self._plain(text))

    def _plain(self, text: str) -> str:
        for secret in sorted(self.secrets.found(text), key=len, reverse=True):
            for form, stand_in in self._pairs(secret):
                text = text.replace(form, stand_in)
        text = self.names.change(text)
        return text if self.hosts is None else self.hosts.change(text)

    def body(self, text: str, fields: Fields) -> str:
        """The text of a body."""
        if _JSON(text):
            placed = any_partly(text) or _SECRET(text) or _PERSONAL(text)
            return self.sweep(change_strings(text, self._string) if placed else text)
        if "form-urlencoded" in (fields.get("content-type") or ""):
            hide = self._once()
            text = self._personal(mask_url(f"?{text}", hide, escaped=in_percent))[1:]
            return self.sweep(mask_text(text, hide, escaped=in_percent))
        return self.text(text)

    def message[M: (HttpRequest, HttpResponse)](self, message: M, but: Container[str] = ()) -> M:
        """A message with its texts changed. A body that can't be read is None: who knows what it holds.

        Args:
            but: names of fields whose values stay, in lower case: they are made anew.
        """
        fields, trailers = self._fields(message.fields, but), message.trailers
        body = self.content(message)
        before = message.body
        if before and body is not None and len(body) != len(before):
            fields = _with_length(fields, len(before), len(body))
        if fields == message.fields and body == before and trailers is None:
            return message
        return replace(
            message, fields=fields, body=body, trailers=None if trailers is None else self._fields(trailers)
        )  # fmt: skip

    def content(self, message: HttpRequest | HttpResponse) -> bytes | None:
        """The body of a message, changed and coded as it was."""
        body, fields = message.body, message.fields
        if not body:
            return body
        if (framed := unframed(fields, body)) is not None:
            inner = self.content(replace(message, body=framed.content))
            return None if inner is None else framed.again(inner)
        coding = fields.combined("content-encoding") if "content-encoding" in fields else None
        if coding is None:
            return _of_text(self.body(_to_text(body), fields))
        plain, problems = decode_content(body, coding)
        if plain is None or problems:
            # one that is only labelled so: what it says is there to be read
            text = None if plain else _as_utf8(body)
            return None if text is None else _of_text(self.body(text, fields))
        said = _of_text(self.body(_to_text(plain), fields))
        return body if said == plain else encode_content(said, coding)

    def around(self, exchange: Exchange, request: HttpRequest, response: HttpResponse | None) -> Exchange:
        """An exchange with messages that are changed, and with what is said around them changed, too."""
        notes = [self.text(note) for note in exchange.notes]
        for before, after in ((exchange.request, request), (exchange.response, response)):
            if before is not None and after is not None and before.body and after.body is None:
                notes.append(LEFT_OUT)
        return replace(
            exchange,
            request=request,
            response=response,
            received=None,
            error=None if exchange.error is None else self.text(exchange.error),
            notes=tuple(notes),
            connection=self._connection(exchange.connection),
        )

    def _between(self, connection: Connection) -> Connection:
        hosts = self.hosts
        upstream = None if connection.upstream_url is None else self.url(connection.upstream_url)
        if hosts is None:
            return dataclasses.replace(connection, upstream_url=upstream)

        def name(text: str | None) -> str | None:
            return None if text is None else hosts.name(text)

        return dataclasses.replace(
            connection,
            client=name(connection.client),
            server=name(connection.server),
            sni=name(connection.sni),
            certificate=None if connection.certificate is None else hosts.change(connection.certificate),
            proxy_mode=hosts.change(connection.proxy_mode),
            upstream_url=upstream,
        )

    def _fields(self, fields: Fields, but: Container[str] = ()) -> Fields:
        return Fields(
            (self._field_name(field[0]), field[1]) if _lower(field[0]) in but else self._raw_field(field)
            for field in fields.raw
        )

    def _changed_field(self, field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        name, value = field
        said = _to_text(value)
        new = self.field(name.decode("latin-1"), said)
        return self._field_name(name), value if new == said else _of_text(new)

    def _secret(self, raw: str) -> str:
        """A secret as it is written between quotes, or without them."""
        if "://" in raw:
            return self.url(raw)
        return in_json(raw, self.stand_ins.of)

    def _string(self, said: str, place: Place) -> str:
        if is_secret_member(place.key, place.holder) or is_personal(place):
            return self.url(said) if "://" in said else self.stand_ins.of(said)
        return self._shown(said) if _SUSPECT(said) else said

    def _readable(self, said: str) -> str:
        hide = self._once()
        if "://" in said:
            said = self._personal(mask_url(said, hide, escaped=in_percent))
        return mask_text(said, hide, escaped=in_percent)

    def _once(self) -> Callable[[str], str]:
        """What hides the secrets of one text that is looked through twice: a stand-in gets no other one."""
        given: set[str] = set()

        def hide(raw: str) -> str:
            if raw in given:
                return raw
            given.add(made := self._secret(raw))
            return made

        return hide

    def _swept(self, raw: bytes) -> bytes:
        return _of_text(self.sweep(_to_text(raw)))

    def _personal(self, url: str) -> str:
        """A URL with the names in its query changed."""
        if "=" not in url:
            return url
        return _PAIR.sub(
            lambda m: (
                f"{m[1]}{m[2]}{m[3]}{in_percent(m[4], self.stand_ins.of)}" if m[2].lower() in PERSONAL_QUERY else m[0]
            ),
            url,
        )

    def _written(self, secret: str) -> tuple[tuple[str, str], ...]:
        """(a form of a secret, the same form of its stand-in), the longest first."""
        forms = dict(zip(written(secret), written(self.stand_ins.of(secret)), strict=True))
        return tuple(sorted(forms.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _cookies(value: str, to: Callable[[str], str], *, whole: bool) -> str:
    """A cookie's value changed, in Cookie each one's; names and attributes stay."""
    pairs = value.split(";")
    for at, pair in enumerate(pairs if whole else pairs[:1]):
        name, mark, said = pair.partition("=")
        pairs[at] = f"{name}{mark}{in_percent(said, to)}" if mark else in_percent(pair, to)
    return ";".join(pairs)


def _with_length(fields: Fields, before: int, after: int) -> Fields:
    """Content-Length of the changed body, if it was right before."""
    return Fields(
        (name, str(after).encode() if name.lower() == b"content-length" and value.strip() == str(before).encode()
         else value)
        for name, value in fields.raw
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _body_text(message: HttpRequest | HttpResponse) -> str | None:
    """The body as text, decoded; None if it can't be."""
    body = message.body
    if body and "content-encoding" in message.fields:
        body, _ = decode_content(body, message.fields.combined("content-encoding") or "")
    return _to_text(body) if body else None


def _to_text(raw: bytes) -> str:
    """Bytes as text, whatever they are; `_of_text` brings them back."""
    return raw.decode("utf-8", "surrogateescape")


def _of_text(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that a JSON escape stood for
        return text.encode("utf-8", "surrogatepass")


def _as_utf8(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
