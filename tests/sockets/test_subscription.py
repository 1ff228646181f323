"""A channel that is left and taken again while the subscription is only beginning."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.settings import ValkeySettings
from app.sockets.subscription import Subscription
from tests.support.waiting import PATIENCE_SECONDS


class Server:
    """Stands for Valkey: notes what is sent and confirms it when told to."""

    is_connected = True

    def __init__(self) -> None:
        self.subscribed: set[str] = set()
        self.sent = asyncio.Event()
        self.waiting: list[str] = []

    async def send_command(self, command: str, *channels: str, **_: object) -> None:
        """SUBSCRIBE or UNSUBSCRIBE, or what a cluster has for them."""
        if "UNSUBSCRIBE" in command:
            self.subscribed -= {*channels}
        else:
            self.subscribed |= {*channels}
            self.waiting += channels
            self.sent.set()

    def confirm(self, say: Callable[[str], None]) -> None:
        """Confirm what was subscribed until now."""
        self.sent.clear()
        waiting, self.waiting = self.waiting, []
        for channel in waiting:
            say(channel)


async def test_a_channel_left_and_taken_again_before_the_first_confirmation_is_subscribed(valkey_url: str) -> None:
    alive = asyncio.Event()
    subscription = Subscription(
        ValkeySettings(valkey_url=valkey_url),
        always=(),
        on_message=lambda _channel, _data: None,
        on_change=lambda is_alive: alive.set() if is_alive else None,
    )
    server: Any = Server()
    subscription._connection = server
    assert await subscription.add("x") is False
    beginning = asyncio.create_task(subscription._subscribe_and_prove(server, server))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await server.sent.wait()
        await subscription.remove("x")
        assert await subscription.add("x") is False
        while not alive.is_set():
            await server.sent.wait()
            server.confirm(subscription._confirm)
            await asyncio.sleep(0.01)
    beginning.cancel()
    assert "x" in server.subscribed
