"""What `VALKEY_URL` says: which servers, how to sign in, and how to find the server that holds the mirror."""

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from valkey.asyncio import Sentinel, SSLConnection
from valkey.asyncio.connection import ValkeySSLContext, parse_url

from app.valkey.cluster import Cluster

PORT = 6379
SENTINEL_PORT = 26379

_TLS_SCHEMES = {"valkeys", "rediss"}
# Unless the URL says otherwise, a certificate must be valid, and must belong to the host.
_TLS_DEFAULTS: dict[str, Any] = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
_TLS_OPTIONS = {
    "ssl_keyfile": "keyfile",
    "ssl_certfile": "certfile",
    "ssl_cert_reqs": "cert_reqs",
    "ssl_ca_certs": "ca_certs",
    "ssl_ca_data": "ca_data",
    "ssl_check_hostname": "check_hostname",
}
_OPTIONS = {"username", "password", "db", *_TLS_OPTIONS}
_SENTINEL_OPTIONS = {"sentinel_username": "username", "sentinel_password": "password"}


class Address(NamedTuple):
    """Where one server listens."""

    host: str
    port: int


class Endpoint(NamedTuple):
    """The parts of `VALKEY_URL`. `master` is set for Sentinel, `is_cluster` for a cluster, neither for one server.

    `options` are options of valkey-py's connections: `username`, `password`, `db`, `ssl_…`. The schemes `valkeys` and
    `rediss` mean TLS; with other schemes `?ssl=true` means it. The user and password in the URL are for the servers.
    `sentinel_sign_in` has those for the sentinels, from `?sentinel_username=` and `?sentinel_password=`.
    """

    addresses: tuple[Address, ...]
    options: dict[str, Any]
    tls: bool
    master: str | None = None
    is_cluster: bool = False
    sentinel_sign_in: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL of any of the schemes in `app.settings`. Raises ValueError when it can't be understood."""
        parts = urlsplit(url)
        scheme, _, kind = parts.scheme.partition("+")
        # The library can read the rest of the URL when one host stands in place of the list of hosts.
        user, at, hosts = parts.netloc.rpartition("@")
        path = "" if kind else parts.path
        options = dict(parse_url(SplitResult(scheme, f"{user}{at}host", path, parts.query, "").geturl()))
        tls = options.pop("connection_class", None) is SSLConnection or scheme in _TLS_SCHEMES
        tls = options.pop("ssl", "").lower() in ("true", "1", "yes") or tls
        options.pop("host", None)
        sign_in = {
            ours: options.pop(name)
            for name, ours in _SENTINEL_OPTIONS.items()
            if kind == "sentinel" and name in options
        }
        if unknown := sorted(options.keys() - _OPTIONS):
            known = sorted({"ssl", *_TLS_OPTIONS, *(_SENTINEL_OPTIONS if kind == "sentinel" else ())})
            raise ValueError(f"it has no option {unknown[0]}, only {', '.join(known)}")
        if tls:
            is_verified = options.get("ssl_cert_reqs") != "none"
            options = _TLS_DEFAULTS | {"ssl_check_hostname": is_verified} | options
        default_port = SENTINEL_PORT if kind == "sentinel" else PORT
        return cls(
            addresses=tuple(_address(host, default_port) for host in hosts.split(",")),
            options=options,
            tls=tls,
            master=parts.path.strip("/") if kind == "sentinel" else None,
            is_cluster=kind == "cluster",
            sentinel_sign_in=sign_in,
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """The TLS configuration of these options, or None where the connection is not encrypted."""
        if not self.tls:
            return None
        given = {ours: self.options[theirs] for theirs, ours in _TLS_OPTIONS.items() if theirs in self.options}
        context: ssl.SSLContext = ValkeySSLContext(**given).get()
        return context

    def sentinel(self, **options: Any) -> Sentinel:  # valkey-py's own connection options
        """A client of the sentinels, whose connections have the time-outs in `options` and a sign-in of their own."""
        timeouts = {name: value for name, value in options.items() if name.startswith("socket_")}
        return Sentinel(  # type: ignore[no-untyped-call]
            self.addresses, sentinel_kwargs={**timeouts, **self.sentinel_sign_in}, **{**self.options, **options}
        )

    def cluster(self, **options: Any) -> Cluster:  # valkey-py's own connection options
        """A client of the cluster, which gives up at the first failure: its callers can ask PostgreSQL instead."""
        return Cluster(
            self.addresses,
            ssl=self.tls,
            connection_error_retry_attempts=0,
            cluster_error_retry_attempts=1,
            **{**self.options, **options},
        )

    async def locate(self, key: str, *, timeout: float) -> Address:  # noqa: ASYNC109  # for each single step
        """The server that holds `key` now.

        Raises valkey.exceptions.ValkeyError when the sentinels or the cluster can't be asked within `timeout` seconds.
        """
        if self.master is not None:
            sentinel = self.sentinel(socket_timeout=timeout)
            try:
                return Address(*await sentinel.discover_master(self.master))
            finally:
                for client in sentinel.sentinels:
                    await client.aclose()
        if self.is_cluster:
            cluster = self.cluster(socket_timeout=timeout)
            try:
                node = await cluster.holder(key)
                return Address(node.host, int(node.port))
            finally:
                await cluster.aclose()
        return self.addresses[0]


def _address(text: str, default_port: int) -> Address:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"no host in {text!r}")
    return Address(parts.hostname, parts.port or default_port)
