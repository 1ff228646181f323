"""Who is calling: the client's address behind the proxies we trust."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Name the nearest address that is not a trusted proxy of ours.

    `peer` is the other end of the connection, `forwarded_for` the header X-Forwarded-For. Only what a trusted proxy
    wrote is believed, so the header is read from its right end; a client can't invent an address for itself.
    """
    nearest = _parse(peer)
    if nearest is None:
        return "unknown"
    for hop in reversed(forwarded_for.split(",")) if forwarded_for else ():
        if not any(nearest in network for network in trusted):
            break
        further = _parse(hop.strip())
        if further is None:
            break
        nearest = further
    return str(nearest)


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


def _parse(text: str | None) -> Address | None:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
