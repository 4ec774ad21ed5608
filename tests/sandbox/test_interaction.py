"""The browser's way: session, expiry, the consent page and the interaction API."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx

from optrace.sandbox.config import Role
from tests.sandbox.player import FINISH, Player, eur, refused, usd


def page_of(browser: httpx.Client, pending: dict[str, Any]) -> httpx.Response:
    return browser.get(browser.get(pending["interact"]["redirect"]).headers["location"])


def finish_of(pending: dict[str, Any]) -> str:
    return f"{pending['interact']['redirect'].partition('?')[0]}/finish"


def answer(browser: httpx.Client, page: httpx.Response, decision: str = "accept") -> httpx.Response:
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    return browser.post(str(page.url.join(html.unescape(action[1]))), data={"decision": decision})


def test_start_sets_a_session_and_leads_to_the_identity_provider(player: Player) -> None:
    pending = player.ask_outgoing()
    started = player.http.get(pending["interact"]["redirect"])
    assert started.status_code == 302
    assert started.headers["location"].startswith(f"{player.sender.urls[Role.IDP]}/consent?interactId=")
    cookies = started.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["sessionId", "sessionId.sig"]
    assert all("; path=/; expires=" in cookie and cookie.endswith("; httponly") for cookie in cookies)


def test_the_page_says_who_asks_and_for_how_much(player: Player, browser: httpx.Client) -> None:
    incoming = player.incoming()
    limits = {"debitAmount": usd(123456), "receiver": incoming["id"], "interval": "R12/2026-01-01T00:00:00Z/P1M"}
    page = page_of(browser, player.ask_outgoing(limits=limits))
    for text in ("Demo Shop", "1234.56 USD", limits["interval"], incoming["id"], player.alice, "Cloud Nine"):
        assert str(text) in page.text
    assert page.text.count('<button type="submit"') == 2
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert '<html lang="en">' in page.text


def test_the_page_escapes_what_strangers_say(player: Player, browser: httpx.Client) -> None:
    pending = player.ask_outgoing(limits={"receiveAmount": eur(5)})
    name = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE%22"
    pending["interact"]["redirect"] = pending["interact"]["redirect"].replace("Demo+Shop", name)
    page = page_of(browser, pending)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "\u202e" not in page.text
    assert "They get at most" in page.text
    assert "0.05 EUR" in page.text


def test_undecided_and_repeated(player: Player, browser: httpx.Client) -> None:
    pending = player.ask_outgoing()
    page, finish = page_of(browser, pending), finish_of(pending)
    assert browser.get(finish).headers["location"] == f"{FINISH}&result=grant_invalid"
    assert answer(browser, page).headers["location"] == finish
    location = browser.get(finish).headers["location"]
    assert "interact_ref=" in location
    assert browser.get(finish).headers["location"] == location
    assert answer(browser, page, "reject").status_code == 409  # it has been answered
    assert "already answered" in browser.get(page.url).text
    started = browser.get(pending["interact"]["redirect"])
    assert "result=invalid_interaction" in started.headers["location"]


def test_no_decision(player: Player, browser: httpx.Client) -> None:
    assert answer(browser, page_of(browser, player.ask_outgoing()), "perhaps").status_code == 400


def test_a_lost_cookie_and_a_forged_one(player: Player, browser: httpx.Client) -> None:
    location = answer(browser, page_of(browser, player.ask_outgoing())).headers["location"]
    lost = (401, "invalid_request", "invalid session")
    assert refused(player.http.get(location)) == lost
    forged = {"cookie": f"sessionId={browser.cookies['sessionId']}; sessionId.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    assert refused(player.http.get(location, headers=forged)) == lost


def test_a_second_tab_takes_the_session_over(player: Player, browser: httpx.Client) -> None:
    page = page_of(browser, player.ask_outgoing())
    page_of(browser, player.ask_outgoing())
    finish = answer(browser, page).headers["location"]
    assert refused(browser.get(finish)) == (401, "invalid_request", "invalid session")


def test_expiry(player: Player, browser: httpx.Client) -> None:
    pending, polling = player.ask_outgoing(), player.ask_outgoing(finish=None)
    page = page_of(browser, pending)
    player.clock.advance(600)
    assert answer(browser, page).status_code == 409
    expired = f"{FINISH}&result=invalid_interaction&message=interaction+expired"
    assert browser.get(finish_of(pending)).headers["location"] == expired
    assert refused(browser.get(finish_of(polling))) == (401, "invalid_interaction", "interaction expired")


def test_unknown_interactions(player: Player) -> None:
    auth = player.sender.urls[Role.AUTH]
    url = f"{auth}/interact/0f0f0f0f-0000-4000-8000-000000000000/0123456789ABCDEF"
    assert refused(player.http.get(url)) == (400, "unknown_interaction", "unknown interaction")
    assert refused(player.http.get(f"{url}/finish")) == (404, "unknown_interaction", "unknown interaction")
    idp = player.sender.urls[Role.IDP]
    assert player.http.get(f"{idp}/consent?interactId=../../x&nonce=1").status_code == 404
    assert player.http.get(f"{idp}/consent/auto?interactId=1&nonce=1").status_code == 404


def test_the_interaction_api_wants_its_secret(player: Player) -> None:
    pending = player.ask_outgoing()
    path = pending["interact"]["redirect"].partition("?")[0].partition("/interact/")[2]
    api = f"{player.sender.urls[Role.INTERACTION]}/grant/{path}"
    assert refused(player.http.get(api)) == (401, "invalid_request", "invalid x-idp-secret")
    wrong = {"x-idp-secret": "guess"}
    assert refused(player.http.post(f"{api}/accept", headers=wrong)) == (
        401,
        "invalid_interaction",
        "invalid x-idp-secret",
    )
    world = player.sandbox.sandbox.world
    assert world
    right = {"x-idp-secret": world.ases[0].idp_secret}
    assert player.http.get(api, headers=right).json()["state"] == "PENDING"
    odd = player.http.post(f"{api}/perhaps", headers=right)
    assert refused(odd) == (400, "invalid_request", "invalid interaction choice")
    assert player.http.post(f"{api}/reject", headers=right).status_code == 202
