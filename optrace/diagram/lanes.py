"""The lanes that are drawn, from left to right, and where each role of a step is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optrace.session.steps import LANES as ROLES

SENDER, CLIENT, RECIPIENT, NO_SIDE = "sender", "client", "recipient", ""

LaneHosts = Mapping[str, Sequence[str]]  # lane -> host names


@dataclass(frozen=True, slots=True)
class Lane:
    """One lifeline: the role that it stands for, the name in its header, whose side it is on."""

    id: str
    name: str
    side: str


LANES = (
    Lane("s.idp", "IdP", SENDER),
    Lane("s.rs", "RS", SENDER),
    Lane("s.as", "AS", SENDER),
    Lane("client", "CLIENT", CLIENT),
    Lane("r.wa", "WA", RECIPIENT),
    Lane("r.as", "AS", RECIPIENT),
    Lane("r.rs", "RS", RECIPIENT),
)
NOT_PLACED = Lane("unknown", "?", NO_SIDE)  # drawn only when something stands on it

SHARES = {"s.wa": "s.rs", "idp": "s.idp"}  # roles without a lane of their own
TAGS = {"s.wa": "wa:", "wa": "wa:", "as": "as:", "rs": "rs:"}  # what the lane's name doesn't say

_IDS = frozenset(lane.id for lane in LANES)
_WALLETS = ("s.wa", "r.wa")
_SHORT = {"client": "C", "unknown": "?", "s.idp": "sIdP", "c.wa": "cWA"}


def drawn_lane(role: str, hosts: LaneHosts) -> str:
    """The id of the lane on which a role is drawn; `unknown` for one that has no side yet.

    The client's own wallet address (`c.wa`) is drawn where it coincides with the sender's or the recipient's wallet
    address, otherwise on the client's lane: both belong to the client.
    """
    if role == "c.wa":
        own = set(hosts.get("c.wa", ()))
        role = next((wallet for wallet in _WALLETS if own & set(hosts.get(wallet, ()))), "client")
    role = SHARES.get(role, role)
    return role if role in _IDS else NOT_PLACED.id


def short_name(role: str) -> str:
    """A role in one to four characters, for the plain list: `C`, `sAS`, `rWA`; `?` for no role."""
    if role in _SHORT or role not in ROLES:
        return _SHORT.get(role, "?")
    side, _, name = role.partition(".")
    return f"{side}{name.upper()}" if name else role.upper()
