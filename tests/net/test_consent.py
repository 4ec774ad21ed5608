"""Consent: a person's browser that comes back, and a page whose form is pressed."""

from __future__ import annotations

import httpx

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.net.consent import Callback, Visitor
from tests.corpus import START


def test_a_browser_that_comes_back_is_heard_once() -> None:
    with Callback() as callback:
        assert httpx.get(callback.uri, trust_env=False).status_code == 404  # without what was waited for
        assert httpx.get(callback.uri.replace("/finish", "/else?hash=1"), trust_env=False).status_code == 404
        answer = httpx.get(f"{callback.uri}?hash=a%2Bb%3D&interact_ref=r&x=y", trust_env=False)
        assert "close this window" in answer.text
        httpx.get(f"{callback.uri}?hash=evil&interact_ref=evil", trust_env=False)
        assert callback.wait(5) == {"hash": "a+b=", "interact_ref": "r"}
        assert callback.wait(0) == {}


class Site:
    """Pages, and what was asked for."""

    def __init__(self, **pages: HttpResponse) -> None:
        self.pages, self.asked = pages, list[HttpRequest]()

    def send(self, request: HttpRequest) -> Exchange:
        self.asked.append(request)
        name = request.url.partition("?")[0].rpartition("/")[2]
        return Exchange(n=1, request=request, response=self.pages.get(name), started=START)


def page(body: str) -> HttpResponse:
    return HttpResponse(status=200, body=body.encode())


def redirect(location: str, *fields: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status=302, fields=Fields.of(("Location", location), *fields))


FINISH = "https://shop.example/finish?order=7"


def test_the_visitor_follows_decides_and_comes_back() -> None:
    site = Site(
        start=redirect("/consent?id=1", ("Set-Cookie", "s=1; Path=/"), ("Set-Cookie", "t=2")),
        consent=page('<form method="post" action="/decide?id=1&amp;x=2"><button></form>'),
        decide=redirect("https://as.example/finished"),
        finished=redirect(f"{FINISH}&hash=h%3D&interact_ref=r"),
    )
    came = Visitor(site.send).visit("https://as.example/start", "reject", FINISH)
    assert came == {"hash": "h=", "interact_ref": "r"}
    assert [(each.method, each.url) for each in site.asked] == [
        ("GET", "https://as.example/start"),
        ("GET", "https://as.example/consent?id=1"),
        ("POST", "https://as.example/decide?id=1&x=2"),
        ("GET", "https://as.example/finished"),
    ]
    assert site.asked[2].body == b"decision=reject"
    assert site.asked[1].fields.get("cookie") == "s=1; t=2"


def test_a_way_without_end_ends() -> None:
    site = Site(start=redirect("/start"))
    assert Visitor(site.send).visit("https://as.example/start", "accept", FINISH) == {}
    assert len(site.asked) < 20


def test_pages_that_lead_nowhere_bring_nothing() -> None:
    for answer in (page("<p>no form"), page("<form action=x"), HttpResponse(status=500, body=b"\xff<form>"), None):
        site = Site(**({"start": answer} if answer else {}))
        assert Visitor(site.send).visit("https://as.example/start", "accept", FINISH) == {}
