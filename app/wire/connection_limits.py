"""How many connections this process has, and how many of them one public address may hold."""

import resource
from collections import Counter
from collections.abc import Sequence
from functools import cache

from app.wire.address import Network, network_of, parse

SPARE_FILES = 128
"""Open files that connections leave to PostgreSQL, Valkey, logs and everything else that the process opens."""

PEER_CONNECTIONS = 2_000
"""Of one public address, or of one IPv6 network of 64 bits. Many phones share an address of their carrier."""

_by_peer: Counter[str] = Counter()
_trusted: list[Network] = []


def raise_file_limit() -> None:
    """Let this process open as many files as the system allows it: systems often allow far fewer at first."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@cache
def most_connections() -> int:
    """The most connections of this process; beyond it a client is answered 503 instead of waiting in the queue."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - SPARE_FILES)


def trust(proxies: Sequence[Network]) -> None:
    """Remember the proxies that carry connections of all clients, whatever their address."""
    _trusted[:] = proxies


def public_peer(address: str | None) -> str | None:
    """The client under whose name a connection is counted; None for a machine of ours, which may be a proxy."""
    parsed = parse(address)
    if parsed is None or not parsed.is_global or any(parsed in network for network in _trusted):
        return None
    return network_of(address)


def enter(peer: str | None) -> bool:
    """Count a connection; False when this address holds too many."""
    if peer is None:
        return True
    _by_peer[peer] += 1
    return _by_peer[peer] <= PEER_CONNECTIONS


def leave(peer: str | None) -> None:
    """The connection has ended."""
    if peer is not None:
        _by_peer[peer] -= 1
        if not _by_peer[peer]:
            del _by_peer[peer]
