"""The quick addon manager does what mitmproxy's own does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from mitmproxy import exceptions, http, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http import HttpRequestHook, HttpResponseHook
from mitmproxy.test import tflow

from optrace.capture.dispatch import QuickAddonManager

MANAGERS = [AddonManager, QuickAddonManager]


class Listener:
    def __init__(self, name: str, heard: list[str], does: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self._heard = heard
        self._does = does

    def request(self, flow: http.HTTPFlow) -> object:
        self._heard.append(self.name)
        return self._does()


def halt() -> None:
    raise exceptions.AddonHalt


def fail() -> None:
    raise RuntimeError("broken addon")


@pytest.mark.parametrize("manager", MANAGERS)
async def test_order_failure_waiting_and_halting(
    manager: Callable[[Master], AddonManager], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    async def wait() -> None:
        await asyncio.sleep(0)
        heard.append("waited")

    addons = manager(Master(options.Options()))
    addons.add(Listener("a", heard, fail), Listener("b", heard, wait), Listener("c", heard, halt), Listener("d", heard))
    with caplog.at_level(logging.ERROR):
        await addons.trigger_event(HttpRequestHook(tflow.tflow()))
    assert heard == ["a", "b", "waited", "c"]
    assert "broken addon" in caplog.text
    await addons.trigger_event(HttpResponseHook(tflow.tflow()))
    assert len(heard) == 4


@pytest.mark.parametrize("manager", MANAGERS)
async def test_addons_may_come_and_go(manager: Callable[[Master], AddonManager]) -> None:
    heard: list[str] = []
    addons = manager(Master(options.Options()))
    first, second = Listener("first", heard), Listener("second", heard)
    addons.add(first)
    await addons.trigger_event(HttpRequestHook(tflow.tflow()))
    addons.add(second)
    await addons.trigger_event(HttpRequestHook(tflow.tflow()))
    addons.remove(first)
    await addons.trigger_event(HttpRequestHook(tflow.tflow()))
    assert heard == ["first", "first", "second", "second"]
