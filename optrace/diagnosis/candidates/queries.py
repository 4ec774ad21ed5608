"""What may have been signed for the query and for the escapes of a URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from urllib.parse import quote, unquote, unquote_plus

from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change, mapping

TARGET = "@target-uri"
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_MAX_ORDERED = 4  # parameters of a query
_ESCAPED = (
    "Sign the escaped URL exactly as it goes on the request line (`Uri.AbsoluteUri` in .NET, `URL.href` in JavaScript,"
    " `str(request.url)` in Python)."
)

Rewrite = Callable[[str], str | None]


def queries(url: str) -> Iterator[Change]:
    """The query in other escapes and orders, and the path in other escapes."""
    query = parse(url).query
    if query is None:
        sentence = "The URL was signed with a question mark at its end, where no query follows."
        yield Change(
            code="SIG-004", slot="lines.uri.query", cost=PLAUSIBLE, sentence=sentence, remedy=_ESCAPED,
            apply=mapping(TARGET, lambda text: text + "?"),
        )  # fmt: skip
    else:
        for cost, sentence, to in _QUERIES:
            if (changed := to(query)) != query:
                shown = "" if changed is None else f" as ?{safe(mask_url('?' + changed)[1:])[:200]}"
                yield _query(cost, f"The query was {sentence}{shown}.", to)
        for pair in query.split("&") if "&" in query else ():
            name = safe(pair.partition("=")[0])[:60]
            yield _query(PLAUSIBLE, f"The query was signed without `{name}`.", partial(_without, pair))
        yield from _orders(query)
    path = parse(url).path
    for sentence, to in (("un-escaped", _display), ("escaped twice", _twice), ("with other escapes", _requoted)):
        if to(path) != path:
            yield Change(
                code="SIG-004",
                slot="lines.uri.path",
                cost=PLAUSIBLE,
                sentence=f"The path was signed {sentence}: {safe(to(path))[:200]}.",
                remedy=_ESCAPED,
                apply=mapping(TARGET, on_path(to)),
            )


def _orders(query: str) -> Iterator[Change]:
    """The parameters in each other order; sorted, they are in the table."""
    pairs = query.split("&")
    if not 1 < len(pairs) <= _MAX_ORDERED:
        return
    for order in permutations(pairs):
        if order != tuple(pairs) and order != tuple(sorted(pairs)):
            names = ", ".join(safe(pair.partition("=")[0])[:40] for pair in order)
            cost = PLAUSIBLE if len(pairs) == 2 else RARE
            yield _query(
                cost, f"The parameters of the query were signed in another order: {names}.", _to("&".join(order))
            )


def _to(query: str) -> Rewrite:
    return lambda _: query


def _query(cost: int, sentence: str, to: Rewrite) -> Change:
    def rewrite(text: str) -> str | None:
        before, mark, query = text.partition("?")
        changed = to(query) if mark else None
        return None if not mark else before if changed is None else f"{before}?{changed}"

    return Change(
        code="SIG-004", slot="lines.uri.query", cost=cost, sentence=sentence, remedy=_ESCAPED,
        apply=mapping(TARGET, rewrite),
    )  # fmt: skip


def _display(text: str) -> str:
    """What .NET's `Uri.ToString()` shows: escapes undone where the result stays readable."""
    return _ESCAPES.sub(lambda m: _readable(m[0]), text)


def _readable(escapes: str) -> str:
    letters = unquote(escapes)  # of all in a row, since a letter of another alphabet has several bytes
    if "\ufffd" in letters:
        return escapes
    return "".join(c if c.isprintable() and c not in "%#?&=+ " else quote(c, safe="") for c in letters)


def _written(text: str) -> str:
    """What a person types and `fetch` escapes: blanks, quotes, brackets, letters of other alphabets."""
    found = re.sub(r"(?:%[89A-Fa-f][0-9A-Fa-f])+", lambda m: unquote(m[0]), text)
    return re.sub("%(?:20|22|27|3C|3E|5B|5C|5D|5E|60|7B|7C|7D)", lambda m: unquote(m[0]), found, flags=re.I)


def _twice(text: str) -> str:
    return text.replace("%", "%25")


def _quote(text: str, safe: str) -> str:
    """Percent-encoding that takes whatever was on the wire, halves of surrogate pairs too."""
    return quote(text, safe, errors="surrogatepass")


def _requoted(text: str) -> str:
    return _quote(unquote(text), safe="/:@!$&'()*+,;=~")


def _pairs(query: str, encode: Callable[[str], str]) -> str:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(encode(unquote_plus(name)) + eq + encode(unquote_plus(value)) for name, eq, value in pairs)


def _form(text: str) -> str:
    return _quote(text, safe="*-._").replace("~", "%7E").replace("%20", "+")


def _without(pair: str, query: str) -> str | None:
    left = query.split("&")
    if pair in left:
        left.remove(pair)
    return "&".join(left) or None


_QUERIES: tuple[tuple[int, str, Rewrite], ...] = (
    (COMMON, "left out of the signature", lambda q: None),
    (COMMON, "signed with %20 for +", lambda q: q.replace("+", "%20")),
    (COMMON, "signed with + for %20", lambda q: q.replace("%20", "+")),
    (COMMON, "signed percent-decoded", unquote),
    (SEEN, "signed in its display form, partly decoded", _display),
    (SEEN, "signed as it was written, before an HTTP library escaped what a URL can't have", _written),
    (SEEN, "signed with every reserved character escaped", lambda q: _pairs(q, lambda t: _quote(t, safe=""))),
    (SEEN, "signed with fewer characters escaped", lambda q: _pairs(q, lambda t: _quote(t, safe="/:@!$'()*,;~"))),
    (SEEN, "signed with its slashes unescaped", lambda q: _pairs(q, lambda t: _quote(t, safe="/"))),
    (PLAUSIBLE, "signed with its colons unescaped", lambda q: _pairs(q, lambda t: _quote(t, safe=":"))),
    (SEEN, "signed form-encoded", lambda q: _pairs(q, _form)),
    (SEEN, "signed with lower-case escapes", lambda q: _HEX.sub(lambda m: m[0].lower(), q)),
    (SEEN, "signed with upper-case escapes", lambda q: _HEX.sub(lambda m: m[0].upper(), q)),
    (SEEN, "signed form-decoded", unquote_plus),
    (PLAUSIBLE, "signed escaped twice", _twice),
    (PLAUSIBLE, "signed with its parameters sorted", lambda q: "&".join(sorted(q.split("&")))),
    (PLAUSIBLE, "signed empty, the question mark kept", lambda q: ""),
    (PLAUSIBLE, "signed with &amp; between its parameters", lambda q: q.replace("&", "&amp;")),
)


def on_path(to: Rewrite) -> Rewrite:
    """A rewriting of a URL's path alone."""

    def rewrite(text: str) -> str | None:
        parts = parse(text)
        changed = to(parts.path)
        query = "" if parts.query is None else f"?{parts.query}"
        return None if changed is None else f"{parts.origin}{changed}{query}"

    return rewrite
