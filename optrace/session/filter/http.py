"""mitmproxy's filter expressions, for what they say about HTTP: `~sign`, or `~sign pattern` with a regular expression.

Their meaning is that of mitmproxy's documentation; what concerns its own bookkeeping (marks, replays) isn't here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optrace.core.fields import Fields
from optrace.core.registry import Registry
from optrace.exchanges.view import View
from optrace.session.filter import facets
from optrace.session.filter.facets import Facet
from optrace.session.filter.mistakes import WrongValue
from optrace.session.filter.subject import Subject

Texts = Callable[[View], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Sign:
    """One expression: what its pattern is looked for in (of its facet's value, if it has one), or what it says."""

    name: str
    help: str
    texts: Callable[[Any], Iterable[str]] | None = None
    holds: Callable[[Any], bool] | None = None
    facet: Facet | None = None


def _lines(fields: Fields | None) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in fields or ())


def _request_fields(view: View) -> Iterator[str]:
    return _lines(view.request.fields)


def _response_fields(view: View) -> Iterator[str]:
    return _lines(view.response.fields if view.response else None)


def _both(one: Texts, other: Texts) -> Texts:
    def texts(view: View) -> Iterator[str]:
        yield from one(view)
        yield from other(view)

    return texts


def _request_body(view: View) -> Iterable[str]:
    return (view.request_body.text or "",) if view.request.body else ()


def _response_body(view: View) -> Iterable[str]:
    return (view.response_body.text or "",) if view.response and view.response.body else ()


def _request_type(view: View) -> Iterable[str]:
    return view.request.fields.get_all("content-type")


def _response_type(view: View) -> Iterable[str]:
    return view.response.fields.get_all("content-type") if view.response else ()


SIGNS = Registry(
    "expression ~",
    (
        Sign("m", "method", lambda method: (method,), facet=facets.METHOD),
        Sign("u", "URL", lambda view: (view.url,)),
        Sign("d", "domain", lambda host: (re.sub(r":\d*$", "", host),), facet=facets.HOST),
        Sign("c", "status", lambda status: (str(status or ""),), facet=facets.STATUS),
        Sign("h", "header", _both(_request_fields, _response_fields)),
        Sign("hq", "request header", _request_fields),
        Sign("hs", "response header", _response_fields),
        Sign("b", "body", _both(_request_body, _response_body)),
        Sign("bq", "request body", _request_body),
        Sign("bs", "response body", _response_body),
        Sign("t", "content type", _both(_request_type, _response_type)),
        Sign("tq", "content type of the request", _request_type),
        Sign("ts", "content type of the response", _response_type),
        Sign("q", "no response yet", holds=lambda status: status is None, facet=facets.STATUS),
        Sign("s", "has a response", holds=lambda status: status is not None, facet=facets.STATUS),
        Sign("e", "broke", holds=lambda broken: broken, facet=facets.BROKEN),
        Sign("http", "any exchange", holds=lambda _: True, facet=facets.BROKEN),
        Sign("all", "any exchange", holds=lambda _: True, facet=facets.BROKEN),
    ),
    lambda sign: sign.name,
)
EXPLAINED: Mapping[str, str] = {f"~{sign.name}" + (" ..." if sign.texts else ""): sign.help for sign in SIGNS}


def read_sign(sign: Sign, pattern: str | None) -> Callable[[Any], bool]:
    """The test of an expression: of its facet's value, or of a subject. Raises WrongValue for a wrong pattern."""
    if sign.texts is None:
        assert sign.holds is not None
        return sign.holds
    texts, search = sign.texts, _compiled(pattern or "", whole=sign.name == "c")
    if sign.facet is not None:
        return lambda value: any(map(search, texts(value)))

    def accept(subject: Subject) -> bool:
        return subject.view is not None and any(map(search, texts(subject.view)))

    return accept


def _compiled(pattern: str, *, whole: bool) -> Callable[[str], re.Match[str] | None]:
    if whole and not (pattern.isascii() and pattern.isdigit()):
        raise WrongValue(f"{pattern} is no status", "Say ~c 401, or use status:4xx.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = re.compile(pattern, re.I)
    except (re.error, OverflowError, RecursionError) as error:
        remedy = f"Mend the regular expression: {error}." if str(error) else "Mend the regular expression."
        raise WrongValue(f"{pattern} can't be looked for", remedy) from None
    return found.fullmatch if whole else found.search
