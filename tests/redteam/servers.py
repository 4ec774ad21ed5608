"""What servers do of themselves: reading keys, introspection, acting at another ASE, webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optrace.core.urls import parse
from tests.redteam.cast import USD, Ase, Client, Grant, usd
from tests.redteam.stage import Stage


class Servers(Stage):
    """A stage with the servers of two ASEs."""

    def keys_read(self, by: str, owner: str, document: Any, process: str, side: str = "c") -> None:
        if self.hops:
            self.exchange(
                "jwks_get",
                by,
                f"{side}.wa",
                "GET",
                f"{owner}/jwks.json",
                got=document,
                process=process,
                also={"to": ["c.wa", "s.wa", "r.wa", "s.rs", "r.rs", "client"]},
            )

    def _as_checks(self, ase: Ase, client: Client, *, interactive: bool = False) -> Callable[[], None]:
        def inside() -> None:
            if client.jwk:
                return
            self.keys_read(f"{ase.name}.as", client.address, client.published(), f"{ase.auth_origin}")
            if interactive and self.hops:
                self.exchange(
                    "wallet_address_get",
                    f"{ase.name}.as",
                    "c.wa",
                    "GET",
                    client.address,
                    got=self.document(client.address),
                    process=f"{ase.auth_origin}",
                    also={"to": ["r.wa", "s.wa", "wa", "rs", "s.rs", "r.rs"]},
                )

        return inside

    def _rs_checks(
        self,
        ase: Ase,
        grant: Grant,
        what: dict[str, Any],
        group: str | None,
        more: Callable[[], None] | None = None,
        *,
        owner: str | None = None,
        document: Any = None,
        active: bool = True,
    ) -> Callable[[], None]:
        def inside() -> None:
            if self.hops:
                got: dict[str, Any] = {"active": active}
                if active:
                    named: Any = {"jwk": grant.client.key.public_jwk()} if grant.client.jwk else None
                    got |= {
                        "grant": grant.grant_id,
                        "access": [grant.item],
                        "client": named or {"walletAddress": owner or grant.client.address},
                    }
                self.exchange(
                    "token_introspect",
                    f"{ase.name}.rs",
                    f"{ase.name}.as",
                    "POST",
                    ase.introspection,
                    sent={"access_token": grant.token, "access": [what]},
                    got=got,
                    process=ase.wallets + ase.rs,
                    agent="axios/1.16.0",
                    group=None if owner else group,  # servers call with one token for many payments at once
                )
                if active and not grant.client.jwk:
                    self.keys_read(
                        f"{ase.name}.rs",
                        owner or grant.client.address,
                        document or grant.client.published(),
                        ase.wallets + ase.rs,
                        "s" if owner else "c",
                    )
            if more:
                more()

        return inside

    def _acts_at(self, payer: Ase, other: Ase, incoming: dict[str, Any], group: str | None) -> None:
        """The sender's RS reads the incoming payment at the recipient's."""
        if not self.hops or payer is other:
            return
        me = {"keys": [payer.instance.public_jwk()]}
        process = payer.wallets + payer.rs
        rs_lane, other_lane = "s.rs", "r.rs"
        self.exchange(
            "incoming_payment_get_public",
            rs_lane,
            other_lane,
            "GET",
            incoming["id"],
            got={"receivedAmount": usd(0), "authServer": other.auth},
            process=process,
            group=group,
        )
        item = {"type": "incoming-payment", "actions": ["read-all"]}
        if other.name not in payer.known:
            grant = Grant(other, item, Client(payer.pay, payer.instance), grant_id=self.uuid())
            self._issue(grant)
            payer.known.add(other.name)
            setattr(payer, f"_{other.name}", grant)
            body = {"access_token": {"access": [item]}, "client": payer.pay, "interact": {"start": ["redirect"]}}
            self.exchange(
                "grant_request",
                rs_lane,
                "r.as",
                "POST",
                other.auth,
                sent=body,
                got=self._issued(grant),
                key=payer.instance,
                process=process,
                group=None,
                variant="incoming-payment",
                inside=lambda: self.keys_read("r.as", payer.pay, me, other.auth_origin, "s"),
            )
        grant = getattr(payer, f"_{other.name}")
        what = {"type": "incoming-payment", "actions": ["read-all"], "identifier": incoming["walletAddress"]}
        self.exchange(
            "incoming_payment_get",
            rs_lane,
            other_lane,
            "GET",
            incoming["id"],
            got=incoming,
            token=grant.token,
            key=payer.instance,
            process=process,
            group=group,
            inside=self._rs_checks(other, grant, what, group, owner=payer.pay, document=me),
        )

    def webhook(self, ase: Ase, kind: str) -> None:
        if self.hops:
            host = parse(ase.idp).origin
            self.exchange(
                "infra_admin",
                f"{ase.name}.rs",
                None,
                "POST",
                f"{host}/webhooks",
                sent={"id": self.uuid(), "type": kind},
                fields=(("rafiki-signature", "t=1, v1=ab"),),
                process=ase.wallets + ase.rs,
                agent="axios/1.16.0",
                also={"operation": ["unknown"]},
            )

    def document(self, address: str) -> dict[str, Any]:
        ase = self.s if address.startswith(self.s.wallets + "/") else self.r
        if self.s.wallets == self.r.wallets and self.s is not self.r:
            ase = self.s if "/s-" in address else self.r
        return {"id": address, "publicName": "Somebody", **USD, "authServer": ase.auth, "resourceServer": ase.rs}

    def _issue(self, grant: Grant) -> None:
        grant.token, grant.continue_token = self.token(), self.token()
        grant.manage = f"{grant.ase.auth_origin}/token/{self.uuid()}"
        grant.continue_uri = grant.continue_uri or f"{grant.ase.auth_origin}/continue/{self.uuid()}"

    def _issued(self, grant: Grant) -> dict[str, Any]:
        return {
            "access_token": {
                "access": [grant.item],
                "value": grant.token,
                "manage": grant.manage,
                "expires_in": grant.life,
            },
            "continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri},
        }
