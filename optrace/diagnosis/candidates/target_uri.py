"""What may stand on the line of `@target-uri`: the same URL in another spelling, or another URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change, mapping, setting
from optrace.diagnosis.candidates.places import authorities, known_urls, listening, prefixes
from optrace.diagnosis.candidates.queries import TARGET, Rewrite, on_path, queries
from optrace.diagnosis.subject import Subject

_PORTS = {"https": "443", "http": "80"}
_SWAPPED = {"https": "http", "http": "https"}

_SAME = "Build the URL once, as text, and use that text both for the request and for @target-uri."
_VERBATIM = (
    "Use the URLs that servers give out byte for byte: add and remove no slashes, in the request or the signature."
)
_HOST = "Send in Host, port included, just what stands in the URL that is signed, and keep Host as it is at each proxy."


def target_uri(subject: Subject) -> Iterator[Change]:
    """Scheme, slash, query, authority, prefix, then other URLs altogether."""
    url = subject.request.url
    if not any(component.name == TARGET for component in subject.seen.components):
        return
    yield from _scheme(url)
    yield from _slashes(url)
    yield from queries(url)
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
            apply=mapping(TARGET, on_path(lambda text: "" if text == "/" else "/" if text == "" else None)),
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
        apply=mapping(TARGET, on_path(lambda text: text[:-1] if text.endswith("/") else text + "/")),
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
        apply=mapping(TARGET, on_path(to)),
    )  # fmt: skip


def _slash_at(at: int, path: str) -> str:
    return f"{path[:at]}/{path[at:]}"


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
    if (letters := _letters(own)) != own:
        spelled.append(
            (PLAUSIBLE, letters, f"The host was signed as {safe(letters)}, not in the letters of DNS (xn--).")
        )
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


def _letters(authority: str) -> str:
    """An authority as people write it: without the ASCII form of other alphabets (RFC 3492)."""
    try:
        return authority.encode("ascii").decode("idna") if "xn--" in authority else authority
    except UnicodeError:
        return authority


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
            apply=mapping(TARGET, on_path(partial(_begin, path, other))),
        )


def _begin(old: str, new: str, path: str) -> str | None:
    return new + path[len(old) :] if path.startswith(old) else None


def _other_urls(subject: Subject, url: str) -> Iterator[Change]:
    parts = parse(url)
    sent = f"scheme and host belong to @target-uri: {safe(parts.origin)}"
    for code, without, what in (
        ("SIG-005", parts.origin, "path and query, without scheme and host"),
        ("SIG-001", f"{parts.scheme}://", "what follows the scheme"),
    ):
        yield Change(
            code=code, slot="lines.uri", cost=PLAUSIBLE, sentence=f"Only the URL's {what} was signed; {sent}.",
            remedy=_SAME, apply=setting(TARGET, url.removeprefix(without)),
        )  # fmt: skip
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
