"""The screen in a browser: who gets in, and that it is the same screen."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from optrace.core.errors import CannotStart
from optrace.tui.web import Page

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60


@asynccontextmanager
async def served() -> AsyncIterator[Page]:
    """A page whose command ends at once."""
    page = Page(["true"], port=0, title="test")
    runner = web.AppRunner(await page._make_app())
    await runner.setup()
    await web.SockSite(runner, page._socket).start()
    try:
        yield page
    finally:
        await runner.cleanup()


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody with a cookie jar."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def test_the_address_opens_the_page_once() -> None:
    async with served() as page, browser() as first, browser() as second:
        address = page.address
        root = address.partition("?")[0]
        assert (await second.get(root)).status == 403
        assert (await second.get(f"{root}?token=wrong")).status == 403
        opened = await first.get(address)
        assert opened.status == 200
        assert "default-src 'none'" in opened.headers["Content-Security-Policy"]
        assert "token" not in str(opened.url)
        assert (await first.get(root)).status == 200  # a reload
        again = await second.get(address)
        assert again.status == 403
        assert "once" in await again.text()
        for path in ("ws", "static/js/textual.js", "download/x"):
            assert (await second.get(root + path)).status == 403, path
            if path != "ws":
                assert (await first.get(root + path)).status != 403, path


async def test_other_names_and_other_pages_are_refused() -> None:
    async with served() as page, browser() as session:
        await session.get(page.address)
        root = page.address.partition("?")[0]
        for headers in ({"Host": "evil.example"}, {"Host": "localhost"}, {"Origin": "http://evil.example"}):
            assert (await session.get(root, headers=headers)).status == 403
        assert (await session.get(root, headers={"Origin": root.rstrip("/")})).status == 200


def test_a_port_that_is_taken_is_said() -> None:
    page = Page(["true"], port=0, title="")
    try:
        with pytest.raises(CannotStart, match=str(page.port)):
            Page(["true"], port=page.port, title="")
    finally:
        page._socket.close()


class Debugged:
    """A page in Chromium, spoken to over its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._n = 0
        self.painted = ""  # all that came over the page's WebSocket
        self.loaded: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something; what happens meanwhile is noted."""
        self._n += 1
        await self._socket.send_json({"id": self._n, "method": method, "params": params})
        while True:
            message = await self._next()
            if message.get("id") == self._n:
                result: dict[str, Any] = message.get("result", {})
                return result

    async def until(self, words: str) -> None:
        """Wait until something has been painted."""
        while words not in self.painted:
            await self._next()

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads((await self._socket.receive()).data)
        params = message.get("params", {})
        if message.get("method") == "Network.webSocketFrameReceived":
            data = params["response"]["payloadData"]
            if params["response"]["opcode"] == 2:
                data = base64.b64decode(data).decode("utf-8", "replace")
            self.painted += data
        elif message.get("method") == "Network.responseReceived":
            self.loaded.append(params["response"]["url"])
        return message


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
async def test_it_is_the_same_screen_in_chromium(tmp_path: Path) -> None:
    session = ROOT / "samples" / "sessions" / "refused.optrace"
    page = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "optrace", "web", str(session)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert CHROMIUM
    chromium = await asyncio.create_subprocess_exec(
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        *(f"--user-data-dir={tmp_path}", "--remote-debugging-port=0", "--window-size=1200,800", "about:blank"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as http:
            assert page.stdout
            address = (await page.stdout.readline()).decode().strip()
            port = await _port(tmp_path / "DevToolsActivePort")
            targets = await (await http.get(f"http://127.0.0.1:{port}/json")).json()
            target = next(one for one in targets if one["type"] == "page")
            async with http.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Debugged(socket)
                await tab.call("Network.enable")
                await tab.call("Page.enable")
                await tab.call("Page.navigate", url=address)
                await tab.until("1✗")  # read to the end
                assert "A slash was added" not in tab.painted
                await _press(tab, "n")
                await tab.until("A slash was added")
                root = address.partition("?")[0]
                assert tab.loaded
                assert all(url.startswith((root, "data:")) for url in tab.loaded)
    finally:
        for process in (chromium, page):
            process.terminate()
            await process.wait()


async def _press(tab: Debugged, key: str) -> None:
    await tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
    await tab.call("Runtime.evaluate", expression="document.querySelector('textarea').focus()")
    code = {"code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
    await tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key, **code)
    await tab.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)


async def _port(file: Path) -> int:
    while not file.exists() or not file.read_text().strip():
        await asyncio.sleep(0.05)
    return int(file.read_text().splitlines()[0])
