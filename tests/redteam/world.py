"""What clients and browsers do, in a world of two ASEs of the reference implementation's kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote as percent

from optrace.gnap.interaction import compute, hash_base, to_base64
from tests.redteam.cast import Ase, Client, Grant, Seen, usd
from tests.redteam.servers import Servers


class World(Servers):
    """A client, a browser, and the servers of two ASEs."""

    def read_wallet(self, address: str, side: str) -> None:
        self.exchange(
            "wallet_address_get",
            "client",
            f"{side}.wa",
            "GET",
            address,
            got=self.document(address),
            also={"to": [f"{side}.rs", "wa", "rs", f"{side}.wa"]},
        )

    def grant(self, client: Client, ase: Ase, item: dict[str, Any], side: str, group: str | None, **more: Any) -> Grant:
        """A grant that needs no interaction."""
        grant = Grant(ase, item, client, grant_id=self.uuid())
        self._issue(grant)
        self.exchange(
            "grant_request",
            "client",
            f"{side}.as",
            "POST",
            ase.auth + client.slash,
            sent={"access_token": {"access": [item]}, "client": client.named()},
            got=self._issued(grant),
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            variant=item["type"],
            inside=self._as_checks(replace(ase, name=side), client),
            **more,
        )
        return grant

    def ask(
        self,
        client: Client,
        ase: Ase,
        item: dict[str, Any] | None,
        group: str | None,
        *,
        finish: str | None = "",
        subject: str | None = None,
        variant: str | None = None,
        side: str = "s",
    ) -> Grant:
        """A grant that waits for consent. `finish`: None to poll, empty for a URI of its own."""
        grant = Grant(ase, item or {}, client, grant_id=self.uuid())
        grant.nonce, grant.as_nonce, grant.interact = self.uuid(), self.token(16), self.uuid()
        grant.continue_token = self.token()
        grant.continue_uri = f"{ase.auth_origin}/continue/{self.uuid()}"
        body: dict[str, Any] = {"client": client.named(), "interact": {"start": ["redirect"]}}
        if item:
            body["access_token"] = {"access": [item]}
        if subject:
            body["subject"] = {"sub_ids": [{"id": subject, "format": "uri"}]}
        if finish is not None:
            grant.finish = finish or f"{client.origin}/finish/{self.token(6).lower()}"
            body["interact"]["finish"] = {"method": "redirect", "uri": grant.finish, "nonce": grant.nonce}
        query = f"clientName=Some&clientUri={percent(client.address, safe='')}"
        redirect = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}?{query}"
        got = {
            "interact": {"redirect": redirect, "finish": grant.as_nonce},
            "continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri, "wait": 5},
        }
        self.exchange(
            "grant_request",
            "client",
            f"{side}.as",
            "POST",
            ase.auth + client.slash,
            sent=body,
            got=got,
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            variant=variant or (item["type"] if item else "subject"),
            inside=self._as_checks(replace(ase, name=side), client, interactive=True),
        )
        return grant

    def open(self, grant: Grant, group: str | None, *, pages: bool = True) -> None:
        """The browser goes to the AS and on to the IdP."""
        ase, page = grant.ase, {"accept": "text/html"}
        names = f"interactId={grant.interact}&nonce={grant.as_nonce}&clientName=Some&clientUri=x"
        browser: dict[str, Any] = {"process": "browser", "agent": "Mozilla/5.0", "group": group, "fields": page.items()}
        at = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}"
        self.exchange(
            "interact_start",
            "client",
            "s.as",
            "GET",
            f"{at}?clientName=Some",
            status=302,
            location=f"{ase.idp}?{names}",
            **browser,
        )
        if pages:
            html = (("content-type", "text/html"),)
            self.exchange(
                "idp_redirect", "client", "s.idp", "GET", f"{ase.idp}?{names}", got=b"<html>", answer=html, **browser
            )
            looked = {"grantId": grant.grant_id, "access": [grant.item], "state": "PENDING"}
            api = f"{ase.idp_api}/grant/{grant.interact}/{grant.as_nonce}"
            self.exchange("consent_get", "s.idp", "s.as", "GET", api, got=looked, **browser)
            self.exchange(
                "idp_redirect",
                "client",
                "s.idp",
                "GET",
                f"{ase.idp}consent?{names}&grantId={grant.grant_id}",
                got=b"<html>",
                answer=html,
                also={"operation": ["unknown"]},
                **browser,
            )

    def decide(self, grant: Grant, group: str | None, word: str = "accept", *, arrive: bool = True) -> None:
        """The user says yes or no, and is sent back."""
        ase = grant.ase
        browser: dict[str, Any] = {"process": "browser", "agent": "Mozilla/5.0", "group": group}
        api = f"{ase.idp_api}/grant/{grant.interact}/{grant.as_nonce}/{word}"
        self.exchange(f"consent_{word}", "s.idp", "s.as", "POST", api, sent={}, status=202, **browser)
        at = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}/finish"
        refused = ["GNT-018"] if word != "accept" else []
        if not grant.finish:
            self.exchange("interact_finish_request", "s.idp", "s.as", "GET", at, status=202, **browser)
            return
        if word == "accept":
            grant.reference = self.uuid()
            digest = to_base64(compute(hash_base(grant.nonce, grant.as_nonce, grant.reference, ase.auth)) or b"")
            query = f"hash={percent(digest, safe='')}&interact_ref={grant.reference}"
        else:
            query = "result=grant_rejected"
        location = f"{grant.finish}{'&' if '?' in grant.finish else '?'}{query}"
        self.exchange(
            "interact_finish_request",
            "s.idp",
            "s.as",
            "GET",
            at,
            status=302,
            location=location,
            hash_="pass" if word == "accept" else "none",
            first=refused,
            **browser,
        )
        if arrive:
            self.exchange(
                "finish_redirect",
                "s.idp",
                "client",
                "GET",
                location,
                got=b"thanks",
                first=refused,
                also={"hash.rfc": ["pass"], "hash.rafiki": ["pass"]},
                answer=(("content-type", "text/html"),),
                **browser,
            )

    def proceed(self, grant: Grant, group: str | None, *, wait: float = 5.0, side: str = "s", **more: Any) -> Seen:
        """Continue with the reference, or poll if there is no finish."""
        self.now += wait
        client, ase = grant.client, grant.ase
        polls = not grant.finish
        if "got" not in more and more.get("status", 200) == 200:
            if grant.item:
                self._issue(grant)
                more["got"] = self._issued(grant)
            else:
                more["got"] = {"continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri}}
        return self.exchange(
            "grant_poll" if polls else "grant_continue",
            "client",
            f"{side}.as",
            "POST",
            grant.continue_uri + client.slash,
            sent=None if polls else {"interact_ref": grant.reference},
            token=grant.continue_token,
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            inside=self._as_checks(replace(ase, name=side), client),
            **more,
        )

    def at_rs(
        self,
        operation: str,
        grant: Grant,
        ase: Ase,
        side: str,
        method: str,
        url: str,
        group: str | None,
        *,
        what: str,
        inner: Callable[[], None] | None = None,
        active: bool = True,
        **more: Any,
    ) -> Seen:
        client = grant.client
        asked = {"type": what, "actions": [operation.rpartition("_")[2]], "identifier": None}
        return self.exchange(
            operation,
            "client",
            f"{side}.rs",
            method,
            url,
            token=grant.token,
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            inside=self._rs_checks(replace(ase, name=side), grant, asked, group, inner, active=active),
            **more,
        )

    def incoming(
        self, grant: Grant, wallet: str, group: str | None, value: int | None = 1000, **more: Any
    ) -> dict[str, Any]:
        ase = grant.ase
        sent = {"walletAddress": wallet, **({"incomingAmount": usd(value)} if value else {}), "metadata": {"d": "x"}}
        got = {
            "id": f"{ase.rs}/incoming-payments/{self.uuid()}",
            **sent,
            "receivedAmount": usd(0),
            "completed": False,
            "createdAt": "2026-11-22T12:00:00.000Z",
            "expiresAt": "2026-12-22T12:00:00.000Z",
            "methods": [{"type": "ilp", "ilpAddress": "test.r.1", "sharedSecret": self.token()}],
        }
        self.at_rs(
            "incoming_payment_create",
            grant,
            ase,
            "r",
            "POST",
            f"{ase.rs}/incoming-payments",
            group,
            what="incoming-payment",
            sent=sent,
            status=201,
            got=got,
            **more,
        )
        self.webhook(ase, "incoming_payment.created")
        return got

    def quote(
        self, grant: Grant, wallet: str, incoming: dict[str, Any], group: str | None, value: int = 1000
    ) -> dict[str, Any]:
        ase = grant.ase
        sent = {"walletAddress": wallet, "receiver": incoming["id"], "method": "ilp"}
        if not incoming.get("incomingAmount"):
            sent["debitAmount"] = usd(value)
        got = {
            "id": f"{ase.rs}/quotes/{self.uuid()}",
            **sent,
            "debitAmount": usd(value),
            "receiveAmount": usd(value),
            "createdAt": "2026-11-22T12:00:00.000Z",
            "expiresAt": "2026-11-22T12:30:00.000Z",
        }
        self.at_rs(
            "quote_create",
            grant,
            ase,
            "s",
            "POST",
            f"{ase.rs}/quotes",
            group,
            what="quote",
            sent=sent,
            status=201,
            got=got,
            inner=lambda: self._acts_at(ase, self.r, incoming, group),
        )
        return got

    def pay(
        self,
        grant: Grant,
        wallet: str,
        incoming: dict[str, Any],
        group: str | None,
        *,
        quote: dict[str, Any] | None = None,
        value: int = 1000,
        **more: Any,
    ) -> dict[str, Any]:
        ase = grant.ase
        if quote:
            sent = {"walletAddress": wallet, "quoteId": quote["id"], "metadata": {"d": "x"}}
        else:
            sent = {"walletAddress": wallet, "incomingPayment": incoming["id"], "debitAmount": usd(value)}
        ident = quote["id"].rpartition("/")[2] if quote else self.uuid()
        got = {
            "id": f"{ase.rs}/outgoing-payments/{ident}",
            "walletAddress": wallet,
            "quoteId": f"{ase.rs}/quotes/{ident}",
            "receiver": incoming["id"],
            "debitAmount": usd(value),
            "receiveAmount": usd(value),
            "sentAmount": usd(0),
            "failed": False,
            "grantSpentDebitAmount": usd(0),
            "grantSpentReceiveAmount": usd(0),
            "createdAt": "2026-11-22T12:00:00.000Z",
        }
        self.at_rs(
            "outgoing_payment_create",
            grant,
            ase,
            "s",
            "POST",
            f"{ase.rs}/outgoing-payments",
            group,
            what="outgoing-payment",
            sent=sent,
            inner=lambda: self._acts_at(ase, self.r, incoming, group),
            **{"status": 201, "got": got, **more},
        )
        self.webhook(ase, "outgoing_payment.created")
        if "status" not in more:
            self._acts_at(ase, self.r, incoming, group)
        return got

    def get(
        self, operation: str, grant: Grant, resource: dict[str, Any], side: str, group: str | None, **more: Any
    ) -> None:
        self.at_rs(
            operation,
            grant,
            grant.ase,
            side,
            "GET",
            resource["id"],
            group,
            what=operation.rpartition("_")[0],
            **({"got": resource} | more),
        )

    def rotate(self, grant: Grant, side: str, group: str | None) -> None:
        client, old, manage = grant.client, grant.token, grant.manage
        keep = grant.continue_token
        self._issue(grant)
        grant.continue_token = keep
        got = {"access_token": self._issued(grant)["access_token"]}
        self.exchange(
            "token_rotate",
            "client",
            f"{side}.as",
            "POST",
            manage,
            token=old,
            got=got,
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            inside=self._as_checks(replace(grant.ase, name=side), client),
        )

    def give_back(self, operation: str, grant: Grant, side: str, group: str | None) -> None:
        client = grant.client
        url, token = (
            (grant.manage, grant.token) if operation == "token_revoke" else (grant.continue_uri, grant.continue_token)
        )
        self.exchange(
            operation,
            "client",
            f"{side}.as",
            "DELETE",
            url,
            token=token,
            status=204,
            key=client.key,
            signer=client.sign,
            agent=client.agent,
            group=group,
            inside=self._as_checks(replace(grant.ase, name=side), client),
        )

    def payment(
        self,
        client: Client,
        payer: str,
        payee: str,
        group: str,
        *,
        word: str = "accept",
        value: int = 1000,
        limits: bool = True,
        end: str = "paid",
        after: bool = True,
        quote: bool = True,
    ) -> None:
        """All of one payment. `end`: paid, abandoned (after consent), or asked (before consent)."""
        receive = {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
        price = {"type": "quote", "actions": ["create", "read"]}
        rg = self.grant(client, self.r, receive, "r", group)
        incoming = self.incoming(rg, payee, group, value)
        quoted = None
        if quote:
            qg = self.grant(client, self.s, price, "s", group)
            quoted = self.quote(qg, payer, incoming, group, value)
        wish: dict[str, Any] = {"type": "outgoing-payment", "actions": ["create", "read", "list"], "identifier": payer}
        if limits:
            wish["limits"] = {"debitAmount": usd(value)}
        unpaid = end != "paid" or word != "accept"
        part = f"{group}?" if unpaid else group  # whether a consent without payment is of this quote is open
        pg = self.ask(client, self.s, wish, part)
        if end == "asked":
            return
        self.open(pg, part)
        self.now += self.random.uniform(0.1, 2)
        self.decide(pg, part, word)
        if unpaid:
            return
        self.proceed(pg, group)
        out = self.pay(pg, payer, incoming, group, quote=quoted, value=value)
        if after:
            self.get("outgoing_payment_get", pg, out, "s", group)
            self.get(
                "incoming_payment_get", rg, {**incoming, "completed": True, "receivedAmount": usd(value)}, "r", group
            )
            self.give_back("token_revoke", pg, "s", group)
            self.give_back("grant_cancel", pg, "s", group)
