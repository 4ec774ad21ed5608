"""The life of one value: where an id, a token, a nonce, a key or an amount was born, where it was used, when it died.

A value may stand in a URL, in one of its parameters, in a field or in a body. What is nearly the value (another case,
cut, in quotation marks, encoded once too often) is found as well, since that is what a refused call often comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optrace.core.urls import canonical, parse
from optrace.exchanges.view import View
from optrace.session.grants import Grant, Token
from optrace.session.trace import Trace
from optrace.session.values import NEAR, Atom, atoms, near_miss, secrets_of
from optrace.signatures.reading import read_signatures

_URL_COVERS = frozenset({"@target-uri", "@request-target", "@path"})
_QUERY_COVERS = frozenset({"@target-uri", "@request-target", "@query", "@query-param"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The value in one message."""

    n: int
    part: str  # request or response
    where: str  # `URL`, `URL ?nonce`, `Authorization`, `body access_token.value`
    signed: bool  # covered by a signature of the message; for a body, by its Content-Digest
    difference: str | None = None  # of what is nearly the value: what is different


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """The end of a value: the exchange that ended it, or the time that ran out."""

    how: str
    n: int | None = None
    at: datetime | None = None  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifeline:
    """All that a session knows of a value. The first sighting is its birth."""

    value: str
    secret: bool
    sightings: tuple[Sighting, ...]
    near: tuple[Sighting, ...] = ()
    death: Death | None = None

    def after_death(self, sighting: Sighting, started: datetime) -> bool:
        """Whether a request (sent at `started`) used the value although it was dead."""
        if self.death is None or sighting.part != "request":
            return False
        if self.death.n is not None:
            return sighting.n > self.death.n
        return self.death.at is not None and started > self.death.at


@dataclass(slots=True)
class _Life:
    exact: list[Sighting] = field(default_factory=list)
    near: list[Sighting] = field(default_factory=list)
    published: dict[str, int] = field(default_factory=dict)  # JWKS URL -> the last exchange that had the value in it
    gone: int | None = None  # the first JWKS that had it no more


def lifeline(trace: Trace, value: str, views: Iterable[View]) -> Lifeline:
    """Follow a value (from `find_value`) through a session; `views` are its exchanges in order."""
    life, secret, last = _Life(), _is_token(trace, value), None
    for view in views:
        n, seen = view.exchange.n, len(life.exact)
        for atom in atoms(view):
            difference = _difference(value, atom)
            if difference is None:
                continue
            sighting = Sighting(
                n=n, part=atom.part, where=atom.where, signed=_signed(view, atom), difference=difference or None
            )
            (life.near if difference else life.exact).append(sighting)
        if len(life.exact) > seen:
            secret = secret or value in secrets_of(view)
        _publish(life, view, trace, found=len(life.exact) > seen)
        last = view.exchange.started
    return Lifeline(
        value=value,
        secret=secret,
        sightings=tuple(life.exact),
        near=tuple(life.near),
        death=_death(trace, value, life, last),
    )


def _is_token(trace: Trace, value: str) -> bool:
    return trace.memory.tokens.get(value) is not None or trace.memory.references.get(value) is not None


def _difference(value: str, atom: Atom) -> str | None:
    """Empty: the atom holds the value. A text: it nearly does. None: it doesn't."""
    got = atom.value
    if got == value or (atom.url and _in_url(value, got)):
        return ""
    if abs(len(got) - len(value)) > max(len(value), 24) or len(value) < NEAR or value.isdigit():
        return None
    return near_miss(value, got)


def _in_url(value: str, url: str) -> bool:
    if "://" in value:
        path = url.partition("?")[0]
        return path == value or (path.startswith(value) and path[len(value)] == "/" and not value.endswith("/"))
    return value in url and value in parse(url).segments


def _signed(view: View, atom: Atom) -> bool:
    message = view.request if atom.part == "request" else view.response
    if message is None:
        return False
    covered = {component.name for reading in read_signatures(message.fields) for component in reading.components}
    if atom.field == "signature-input":
        return True  # the parameters are part of what is signed
    if atom.field:
        return atom.field in covered
    if atom.where.startswith("body"):
        return "content-digest" in covered
    return bool(covered & (_QUERY_COVERS if "?" in atom.where else _URL_COVERS))


# its death


def _publish(life: _Life, view: View, trace: Trace, *, found: bool) -> None:
    """Follow a key through the JWKS that published it."""
    if life.gone is not None or not view.succeeded or trace.row(view.exchange.n).operation != "jwks_get":
        return
    if found:
        life.published[view.key] = view.exchange.n
    elif view.key in life.published:
        life.gone = view.exchange.n


def _death(trace: Trace, value: str, life: _Life, last: datetime | None) -> Death | None:
    memory = trace.memory
    token = memory.tokens.get(value) or _managed(trace, value)
    if token is not None:
        return _death_of_token(trace, token, last)
    if (grant := memory.references.get(value)) is not None:
        n = _success(trace, grant, "grant_continue")
        return None if n is None else Death(how="used up: the grant was continued with it", n=n)
    kind = memory.link(canonical(value))
    if kind == "continue":
        grant = memory.grant_at(canonical(value), "continue")
        return None if grant is None else _cancelled(trace, grant)
    if life.gone is not None:
        return Death(how="no longer published", n=life.gone)
    ends = {
        "incoming_payment": ("incoming_payment_complete", "completed"),
        "quote": ("outgoing_payment_create", "paid"),
    }
    if kind not in ends:
        return None
    operation, how = ends[kind]
    for sighting in life.exact:
        row = trace.row(sighting.n)
        if sighting.part == "request" and row.operation == operation and 200 <= (row.status or 0) < 300:
            return Death(how=how, n=sighting.n)
    return None


def _managed(trace: Trace, value: str) -> Token | None:
    grant = trace.memory.grant_at(canonical(value), "manage")
    return None if grant is None else next((token for token in grant.tokens if token.manage == value), None)


def _death_of_token(trace: Trace, token: Token, last: datetime | None) -> Death | None:
    """The first of: rotated or revoked, its grant cancelled, expired."""
    deaths: list[tuple[datetime, Death]] = []
    if token.dead is not None:
        row = trace.row(token.dead)
        how = {"token_rotate": "rotated", "token_revoke": "revoked"}.get(row.operation, "its grant was cancelled")
        deaths.append((row.started, Death(how=how, n=token.dead)))
    if (cancelled := _cancelled(trace, token.grant)) is not None and cancelled.n is not None:
        deaths.append((trace.row(cancelled.n).started, cancelled))
    if token.expires_in is not None and 0 <= token.expires_in < 10**9:
        end = token.issued + timedelta(seconds=token.expires_in)
        if last is not None and end <= last:
            deaths.append((end, Death(how="expired", at=end)))
    return min(deaths, key=lambda entry: entry[0])[1] if deaths else None


def _cancelled(trace: Trace, grant: Grant) -> Death | None:
    n = _success(trace, grant, "grant_cancel")
    return None if n is None else Death(how="its grant was cancelled", n=n)


def _success(trace: Trace, grant: Grant, operation: str) -> int | None:
    for n in grant.rows:
        row = trace.row(n)
        if row.operation == operation and 200 <= (row.status or 0) < 300:
            return n
    return None
