"""What may stand on the line of `@target-uri`: the same URL in another spelling, or another URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote, unquote, unquote_plus

from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change, mapping, setting
from optrace.diagnosis.candidates.places import authorities, known_urls, listening, prefixes
from optrace.diagnosis.subject import Subject

TARGET = "@target-uri"
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PORTS = {"https": "443", "http": "80"}
_SWAPPED = {"https": "http", "http": "https"}

_SAME = "Build the URL once, as text, and use that text both for the request and for @target-uri."
_VERBATIM = (
    "Use the URLs that servers give out byte for byte: add and remove no slashes, in the request or the signature."
)
_ESCAPED = (
    "Sign the escaped URL exactly as it goes on the request line (`Uri.AbsoluteUri` in .NET, `URL.href` in JavaScript,"
    " `str(request.url)` in Python)."
)
_HOST = "Send in Host, port included, just what stands in the URL that is signed, and keep Host as it is at each proxy."

Rewrite = Callable[[str], str | None]


def target_uri(subject: Subject) -> Iterator[Change]:
    """Scheme, slash, query, authority, prefix, then other URLs altogether."""
    url = subject.request.url
    if not any(component.name == TARGET for component in subject.seen.components):
        return
    yield from _scheme(url)
    yield from _slashes(url)
    yield from _queries(url)
    yield from _authorities(subject, url)
    yield from _prefixes(subject, url)
    yield from _other_urls(subject, url)


def _scheme(url: str) -> Iterator[Change]:
    scheme = parse(url).scheme
    if other := _SWAPPED.get(scheme):
        yield Change(
            code="SIG-001",
            slot="lines.uri.scheme",
            cost=COMMON,
            sentence=f"The URL was signed with {other}://, and the request went out over {scheme}.",
            remedy=f"{_SAME} Here it begins with {scheme}://"
            + (" (the `useHttp` switch of the Node SDK makes http of it)." if other == "http" else "."),
            apply=mapping(TARGET, lambda text: other + text[text.find("://") :] if "://" in text else None),
        )


def _slashes(url: str) -> Iterator[Change]:
    path = parse(url).path
    bare = path in ("", "/")
    if bare:
        had = "without" if path == "/" else "with"
        yield Change(
            code="SIG-002",
            slot="lines.uri.slash",
            cost=COMMON,
            sentence=f"The bare origin was signed {had} its final slash; the request line has {path or 'none'}.",
            remedy=f"Append / to a URL without path before it is signed: {parse(url).origin}/ is what the server sees.",
            apply=mapping(TARGET, _path(lambda text: "" if text == "/" else "/" if text == "" else None)),
        )
        return
    yield Change(
        code="SIG-003",
        slot="lines.uri.slash",
        cost=COMMON,
        sentence=f"The path was signed without the final slash that was sent ({safe(path)})."
        if path.endswith("/")
        else f"The path was signed with a slash at its end ({safe(path)}/); it was sent without.",
        remedy=_VERBATIM,
        apply=mapping(TARGET, _path(lambda text: text[:-1] if text.endswith("/") else text + "/")),
    )
    if "?" in url:
        yield Change(
            code="SIG-003",
            slot="lines.uri.slash",
            cost=PLAUSIBLE,
            sentence="The URL was signed with a slash after its query.",
            remedy=_VERBATIM,
            apply=mapping(TARGET, lambda text: text + "/"),
        )
    if "//" in path:
        yield _doubled("The path was signed with single slashes; it was sent with //.", lambda p: re.sub("/+", "/", p))
    for at in [match.start() for match in re.finditer("/", path)][:6]:
        shown = safe(f"{path[:at]}/{path[at:]}")
        yield _doubled(f"The path was signed with a slash too many ({shown}).", partial(_slash_at, at))


def _doubled(sentence: str, to: Rewrite) -> Change:
    remedy = "Join base URL and path with one slash, once, and sign what is sent."
    return Change(
        code="SIG-003", slot="lines.uri.slash", cost=PLAUSIBLE, sentence=sentence, remedy=remedy,
        apply=mapping(TARGET, _path(to)),
    )  # fmt: skip


def _queries(url: str) -> Iterator[Change]:
    query = parse(url).query
    if query is not None:
        for cost, sentence, to in _QUERIES:
            if (changed := to(query)) != query:
                shown = "" if changed is None else f" as ?{safe(mask_url('?' + changed)[1:])[:200]}"
                yield _query(cost, f"The query was {sentence}{shown}.", to)
        for pair in query.split("&") if "&" in query else ():
            name = safe(pair.partition("=")[0])[:60]
            yield _query(PLAUSIBLE, f"The query was signed without `{name}`.", partial(_without, pair))
    path = parse(url).path
    for sentence, to in (("un-escaped", _display), ("escaped twice", _twice), ("with other escapes", _requoted)):
        if to(path) != path:
            yield Change(
                code="SIG-004",
                slot="lines.uri.path",
                cost=PLAUSIBLE,
                sentence=f"The path was signed {sentence}: {safe(to(path))[:200]}.",
                remedy=_ESCAPED,
                apply=mapping(TARGET, _path(to)),
            )


def _slash_at(at: int, path: str) -> str:
    return f"{path[:at]}/{path[at:]}"


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


def _authorities(subject: Subject, url: str) -> Iterator[Change]:
    parts = parse(url)
    own, port = parts.authority, _PORTS.get(parts.scheme, "")
    host, _, tail = own.rpartition(":") if re.search(r":\d+$", own) else (own, "", "")
    spelled: list[tuple[int, str, str]] = []
    if tail:
        spelled.append((COMMON, host, f"The URL was signed without the port {tail}."))
    elif port:
        spelled.append((COMMON, f"{own}:{port}", f"The URL was signed with the default port {port} written out."))
    spelled += [(SEEN, case, f"The host was signed as {safe(case)}, in other letters.") for case in _cases(own)]
    for cost, other, why in authorities(subject):
        spelled.append((cost, other, f"The URL was signed with the host {safe(other)} ({why}); Host says {safe(own)}."))
        if re.search(r":\d+$", other):
            bare = other.rpartition(":")[0]
            spelled.append((PLAUSIBLE, bare, f"The URL was signed with the host {safe(bare)}; Host says {safe(own)}."))
    tried = {own}
    for cost, other, sentence in spelled:
        if other in tried:
            continue
        tried.add(other)
        yield _authority("SIG-005", cost, other, sentence, _HOST)
    for cost, other in listening(subject):
        if other not in tried:
            tried.add(other)
            sentence = f"The URL was signed with {safe(other)}, the proxy's own address; the server sees {safe(own)}."
            remedy = "Use optrace as a forward proxy with its CA: behind a reverse proxy signatures can't survive."
            yield _authority("NET-001", cost, other, sentence, remedy)


def _authority(code: str, cost: int, other: str, sentence: str, remedy: str) -> Change:
    def rewrite(text: str) -> str | None:
        scheme, mark, rest = text.partition("://")
        return f"{scheme}://{other}{rest[len(parse(text).authority) :]}" if mark else None

    return Change(
        code=code, slot="lines.uri.authority", cost=cost, sentence=sentence, remedy=remedy,
        apply=mapping(TARGET, rewrite),
    )  # fmt: skip


def _cases(authority: str) -> Iterator[str]:
    label, dot, rest = authority.partition(".")
    for other in dict.fromkeys(
        (authority.lower(), authority.upper(), authority.title(), f"{label.capitalize()}{dot}{rest}")
    ):
        if other != authority:
            yield other


def _prefixes(subject: Subject, url: str) -> Iterator[Change]:
    path = parse(url).path
    for cost, other, why in prefixes(subject, path):
        yield Change(
            code="SIG-005",
            slot="lines.uri.prefix",
            cost=cost,
            sentence=f"The path was signed as {safe(other)} ({why}); {safe(path)} was sent.",
            remedy="Sign the path that the server gets: a gateway must not add or cut a prefix after signing.",
            apply=mapping(TARGET, _path(partial(_begin, path, other))),
        )


def _begin(old: str, new: str, path: str) -> str | None:
    return new + path[len(old) :] if path.startswith(old) else None


def _other_urls(subject: Subject, url: str) -> Iterator[Change]:
    for cost, other, why, n in known_urls(subject):
        if other != url:
            yield Change(
                code="SIG-025",
                slot="lines.uri",
                cost=cost,
                sentence=f"Another URL was signed: {safe(mask_url(other))[:300]}, {why}.",
                remedy="Sign each request for itself, after its URL is final; follow no redirects with old signatures.",
                apply=setting(TARGET, other),
                related=(n,) if n else (),
            )
    if "#" in url or "@" in parse(url).authority:
        bare = re.sub(r"://[^/?#]*@", "://", url.partition("#")[0])
        sentence = "The URL was signed without its user name or fragment."
        apply = setting(TARGET, bare)
        yield Change(code="SIG-005", slot="lines.uri", cost=RARE, sentence=sentence, remedy=_SAME, apply=apply)


def _path(to: Rewrite) -> Rewrite:
    """A rewriting of a URL's path alone."""

    def rewrite(text: str) -> str | None:
        parts = parse(text)
        changed = to(parts.path)
        query = "" if parts.query is None else f"?{parts.query}"
        return None if changed is None else f"{parts.origin}{changed}{query}"

    return rewrite
