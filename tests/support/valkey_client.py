"""Clients of the one server that holds our keys, whether it stands alone or in a cluster."""

from typing import Any

import valkey
import valkey.asyncio

from app.mirror.keys import Keys
from app.settings import ValkeySettings
from app.valkey.endpoint import Endpoint


def holder(url: str) -> str:
    """The address of this server by a `VALKEY_URL` of tests; that of a cluster names it last."""
    address = Endpoint.parse(url).addresses[-1]
    return f"valkey://{address.host}:{address.port}/0"


def client_of(url: str, **options: Any) -> valkey.Valkey:
    """A client, to be closed."""
    client: valkey.Valkey = valkey.Valkey.from_url(holder(url), **options)
    return client


def async_client_of(url: str, **options: Any) -> valkey.asyncio.Valkey:
    """The same for an event loop."""
    client: valkey.asyncio.Valkey = valkey.asyncio.Valkey.from_url(holder(url), **options)
    return client


async def publish(client: valkey.asyncio.Valkey, keys: Keys, channel: str, data: bytes) -> None:
    """As the listener publishes there."""
    command = "SPUBLISH" if keys.is_sharded else "PUBLISH"
    await client.execute_command(command, channel, data)  # type: ignore[no-untyped-call]


def keys_at(url: str) -> Keys:
    """The names of everything there."""
    return Keys.of(ValkeySettings(valkey_url=url))
