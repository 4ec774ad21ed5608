"""The screen over the real trace: what a client and two servers said is drawn between their lanes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.session.events import Event, ExchangeSeen
from optrace.session.trace import Trace
from optrace.tui.app import OptraceApp, settle
from tests.tui.test_keys import press, seen

START = datetime(2026, 3, 1, tzinfo=UTC)
JSON = Fields.of(("Content-Type", "application/json"))


def exchange(
    n: int, method: str, url: str, sent: object = None, got: object = None, status: int | None = 200
) -> Exchange:
    started = START + timedelta(seconds=n)
    response = HttpResponse(status=status, fields=JSON, body=json.dumps(got).encode()) if status is not None else None
    return Exchange(
        n=n,
        request=HttpRequest(
            method=method, url=url, fields=JSON, body=b"" if sent is None else json.dumps(sent).encode()
        ),
        response=response,
        started=started,
        ended=started + timedelta(milliseconds=12) if response is not None else None,
    )


def wallet(name: str) -> dict[str, object]:
    return {
        "id": f"https://{name}.example/{name}",
        "publicName": name,
        "assetCode": "USD",
        "assetScale": 2,
        "authServer": f"https://auth.{name}.example/",
        "resourceServer": f"https://rs.{name}.example",
    }


GRANT = {
    "access_token": {"access": [{"type": "incoming-payment", "actions": ["create"]}]},
    "client": "https://shop.example/shop",
}
TOKEN = {
    "access_token": {
        "value": "THE-TOKEN",
        "manage": "https://auth.bob.example/token/1",
        "expires_in": 600,
        "access": [{"type": "incoming-payment", "actions": ["create"]}],
    },
    "continue": {"access_token": {"value": "THE-CONTINUATION"}, "uri": "https://auth.bob.example/continue/1"},
}


class Live:
    """A recording that grows when the test says so."""

    live = True
    name = "live"
    total = None
    damage = None

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.exchanges = {exchange.n: exchange for exchange in exchanges}
        self.coming = list(exchanges)

    def poll(self, limit: int) -> list[Event]:
        some, self.coming = self.coming[:limit], self.coming[limit:]
        return [ExchangeSeen(exchange=exchange) for exchange in some]

    def exchange(self, n: int) -> Exchange:
        return self.exchanges[n]

    def add(self, exchange: Exchange) -> None:
        self.exchanges[exchange.n] = exchange
        self.coming.append(exchange)

    def close(self) -> None:
        pass


@pytest.mark.slow
async def test_a_live_payment_is_drawn_as_it_happens() -> None:
    source = Live([exchange(1, "GET", "https://bob.example/bob", None, wallet("bob"))])
    app = OptraceApp(source, Trace(source.exchange), title="optrace", hint="nothing yet")
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        assert "wallet address bob" in seen(app)

        source.add(exchange(2, "POST", "https://auth.bob.example/", GRANT, status=None))
        while len(app.home.ladder.view) < 2:
            await settle(app, pilot)
        row = next(line for line in seen(app).splitlines() if "grant incoming-payment" in line)
        assert ">│" not in row  # on its way

        source.add(exchange(2, "POST", "https://auth.bob.example/", GRANT, TOKEN))
        for _ in range(200):
            await settle(app, pilot)
            row = next(line for line in seen(app).splitlines() if "grant incoming-payment" in line)
            if row.rstrip().endswith("200"):
                break
        assert row.rstrip().endswith("200")
        assert "═" in row

        for tab in "123456":
            await press(app, pilot, tab)
            assert "THE-TOKEN" not in seen(app), tab
            assert "THE-CONTINUATION" not in seen(app), tab
        await press(app, pilot, "R", "3")
        assert "THE-TOKEN" in seen(app)


async def test_a_number_that_the_recording_lost_is_said() -> None:
    source = Live([exchange(n, "GET", f"https://x.example/{n}", None, {}) for n in (1, 3)])
    app = OptraceApp(source, Trace(source.exchange), title="optrace", hint="nothing yet")
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app, pilot)
        assert "(not recorded)" in seen(app)
        await press(app, pilot, "g", "j")
        assert "can't be shown" in seen(app)
