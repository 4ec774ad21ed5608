"""Which addresses a look-up may connect to: a recording is hostile, and must not make optrace knock on inner doors."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """Every address of a host is on this machine or an inner network."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever it is wrapped in."""
    try:
        ip: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_global(layer) for layer in _unwrap(ip))


async def resolve(host: str, port: int, *, inner_too: bool) -> list[str]:
    """The IP addresses of a host that may be connected to, in the system's order.

    Connect to what this returns, not to the name: a second look-up may be answered with another address.

    Raises:
        OSError: the name can't be resolved.
        Refused: it has no public address, and `inner_too` is false.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    allowed = addresses if inner_too else [address for address in addresses if is_public(address)]
    if not allowed:
        raise Refused(addresses[0] if addresses else host)
    return allowed


def _global(ip: _Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _unwrap(ip: _Address) -> Iterable[_Address]:
    """An address, and the IPv4 address that it carries to."""
    if isinstance(ip, ipaddress.IPv4Address):
        return (ip,)
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if ip in _NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return (inner,)
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    return (ip,) if inner is None else (ip, inner)
