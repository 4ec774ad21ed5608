"""Hosts: which names in a text are hosts of this session, and what stands for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address

from optrace.redaction.stand_ins import StandIns

_IN_URL = re.compile(
    r"(?::|%3A)(?:\\?/|%2F){2}(?:[^/?#\s\"'<>\\@%]*(?:@|%40))?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)", re.I
)
# what precedes a name may be part of an escape; a name without dots counts where hosts stand, or if it is a rare word
_NAME = re.compile(
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|\[[0-9A-Fa-f:.]+\]|(?://)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
)
_RARE = re.compile(r"(?=.*[a-z]).*[-_.0-9].*|.{12,}")
_LABEL = re.compile(r"[^.]+")
# names that say something to everybody: this machine, and the public test networks that rules know
_KEPT = re.compile(
    r"(?:^|\.)(?:localhost|host\.docker\.internal|interledger-test\.dev|rafiki\.money|testnet\.interledger\.org)$"
)


class Hosts:
    """The hosts of a session."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins
        self._known: dict[str, str] = {}
        self._shown: set[str] = set()  # as they may stand in a text

    def learn(self, text: str) -> None:
        """Remember the hosts of the URLs in a text."""
        for found in _IN_URL.finditer(text):
            self.add(found[1])

    def add(self, host: str | None) -> None:
        """Remember a host, with or without its port."""
        name = re.sub(r":\d*$", "", host or "").lower().rstrip(".")
        if name and name not in self._known:
            self._known[name] = self._made(name)
            self._shown |= {f"//{name}", name} if _RARE.fullmatch(name) else {f"//{name}"}

    def change(self, text: str) -> str:
        """The text with the stand-ins of all hosts that are known."""
        if not self._known or self._shown.isdisjoint(_NAME.findall(text.lower())):
            return text
        return _NAME.sub(self._stand_in, text)

    def name(self, text: str) -> str:
        """A text that is a host, with or without its port."""
        bare = re.sub(r":\d*$", "", text)
        stand_in = self._known.get(bare.lower())
        return self.change(text) if stand_in is None else cased(bare, stand_in) + text[len(bare) :]

    def __iter__(self) -> Iterator[str]:
        """The hosts that have stand-ins."""
        return (name for name, stand_in in self._known.items() if name != stand_in)

    def _stand_in(self, match: re.Match[str]) -> str:
        found = match[0]
        if found.lower() not in self._shown:
            return found
        name = found.removeprefix("//")
        return found[: -len(name)] + cased(name, self._known[name.lower()])

    def _made(self, name: str) -> str:
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            if _KEPT.search(name):
                return name
            head, dot, top = name.rpartition(".")
            return self._stand_ins.of(head) + dot + top if dot else self._stand_ins.of(name)
        if not address.is_global:
            return name
        for variant in range(1, 100):
            moved = self._stand_ins.of(str(address), variant=variant)
            if isinstance(address, IPv4Address):
                moved = _LABEL.sub(lambda octet: str(int(octet[0]) % 224 or 9), moved)
            try:
                if ip_address(moved).is_global:
                    return f"[{moved}]" if name.startswith("[") else moved
            except ValueError:
                continue
        return name


def cased(found: str, stand_in: str) -> str:
    """A stand-in in the letters, capital or small, that the name was written in."""
    if found == found.lower() or len(found) != len(stand_in):
        return stand_in
    return "".join(new.upper() if old.isupper() else new for old, new in zip(found, stand_in, strict=True))
