"""Who is calling: the client's address behind the proxies we trust."""

import ipaddress
import re
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV6_SITE_BITS = 64
"""A provider gives a network of this size to one household or phone, so its addresses count as one client."""

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d+)?|(?P<v4>[0-9.]+):\d+")


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Name the nearest address that is not a trusted proxy of ours.

    `peer` is the other end of the connection, `forwarded_for` the header X-Forwarded-For. Each proxy adds an address at
    the right end of the header. So it is read from there, and only what a trusted proxy wrote is believed: a client
    can't invent an address for itself.
    """
    nearest = parse(peer)
    if nearest is None:
        return "unknown"
    for hop in reversed(forwarded_for.split(",")) if forwarded_for else ():
        if not any(nearest in network for network in trusted):
            break
        further = parse(hop)
        if further is None:
            break
        nearest = further
    return str(nearest)


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    parsed = parse(address)
    return parsed is not None and parsed.is_loopback


def network_of(address: str | None) -> str:
    """The name under which an address is counted: the address itself, or its IPv6 network of 64 bits."""
    parsed = parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(parsed) >> IPV6_SITE_BITS << IPV6_SITE_BITS, IPV6_SITE_BITS)))
    return str(parsed or "unknown")


def parse(text: str | None) -> Address | None:
    """Read an address as proxies write it: also with a port, with brackets, or IPv4 inside IPv6."""
    text = (text or "").strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"] or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        return ipaddress.IPv6Address(int(address))  # without the name of an interface
    return address
