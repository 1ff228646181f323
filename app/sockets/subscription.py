"""The instance's one subscription in Valkey: it is tested all the time, and replaced when it falls silent."""

import asyncio
import contextlib
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

import structlog
from valkey.asyncio import ConnectionPool, Valkey
from valkey.asyncio.connection import AbstractConnection, Connection, SSLConnection
from valkey.exceptions import ValkeyError

from app.mirror.keys import Keys
from app.observability.faults import Series
from app.runtime.backoff import pauses
from app.settings import ValkeySettings
from app.valkey.endpoint import Endpoint
from app.wire.socket_limits import PROOF_SECONDS, PROOF_TIMEOUT_SECONDS

log = structlog.get_logger(__name__)

AWAY = (ValkeyError, OSError, TimeoutError)
"""The errors that mean that Valkey is away."""

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
CHANNELS_A_COMMAND = 500


class Subscription:
    """The subscribed channels: those of the users of an instance, and those for everyone; over a connection of its own.

    A stopped or half-open connection gives no error, only silence. So every five seconds a message is sent to the
    subscription itself. When it does not arrive within two seconds, the connection is replaced.
    """

    def __init__(
        self,
        settings: ValkeySettings,
        *,
        always: Iterable[str],
        on_message: Callable[[str, bytes], None],
        on_change: Callable[[bool], None],
    ) -> None:
        """Channels in `always` are subscribed from the beginning, others are added later.

        `on_message(channel, data)` is called for each message; `on_change(alive)` with True after each new
        subscription, and with False after each loss.
        """
        self._endpoint = Endpoint.parse(settings.valkey_url)
        self._keys = Keys.of(settings)
        self._shard = "S" if self._keys.is_sharded else ""
        self._on_message = on_message
        self._on_change = on_change
        self._proof_channel = f"{settings.valkey_key_prefix}probe:{uuid.uuid4().hex}"
        self._proof: asyncio.Future[None] | None = None
        self._channels = {self._proof_channel, *always}
        self._subscribed: set[str] = set()
        self._connection: AbstractConnection | None = None
        self._confirmations: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._alive = False
        self._losses = Series(log, "valkey_subscription_lost")
        self._waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)

    @property
    def alive(self) -> bool:
        """Whether messages arrive; the last test may be some seconds old."""
        return self._alive

    async def add(self, channel: str) -> bool:
        """Subscribe; True once Valkey confirmed it. False while Valkey is away: the next subscription includes it."""
        self._channels.add(channel)
        if self._connection is None or not self._alive:
            return False
        try:
            await self._subscribe(self._connection, [channel])
        except AWAY:
            await self._cut(self._connection)
            return False
        return self._alive

    async def remove(self, channel: str) -> None:
        """Unsubscribe."""
        self._channels.discard(channel)
        self._subscribed.discard(channel)
        if self._connection is not None:
            with contextlib.suppress(*AWAY):
                await self._send(self._connection, f"{self._shard}UNSUBSCRIBE", channel)

    async def run(self) -> None:
        """Stay subscribed until cancelled: a broken connection is replaced after a short, growing, jittered pause."""
        while True:
            try:
                async with await self._connect() as client, asyncio.TaskGroup() as tasks:
                    connection = self._connection = await self._dedicate(client)
                    tasks.create_task(self._read(connection))
                    tasks.create_task(self._subscribe_and_prove(client, connection))
            except* Exception as lost:  # noqa: BLE001  # whatever it is, the next subscription comes
                self._losses.failed(lost)
            finally:
                await self._drop()
            await asyncio.sleep(next(self._waits))

    async def _connect(self) -> Valkey:
        """A client of the server that holds the mirror; in a cluster, messages stay there (sharded pub/sub)."""
        address = await self._endpoint.locate(self._keys.epoch, timeout=PROOF_TIMEOUT_SECONDS)
        return Valkey.from_pool(
            ConnectionPool(
                connection_class=SSLConnection if self._endpoint.tls else Connection,
                host=address.host,
                port=address.port,
                socket_timeout=PROOF_TIMEOUT_SECONDS,
                **self._endpoint.options,
            )
        )

    async def _dedicate(self, client: Valkey) -> AbstractConnection:
        """A connection for the subscription alone, on which silence is normal."""
        connection: AbstractConnection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        connection.socket_timeout = None
        async with asyncio.timeout(PROOF_TIMEOUT_SECONDS):
            await connection.connect()  # type: ignore[no-untyped-call]
        return connection

    async def _subscribe_and_prove(self, client: Valkey, connection: AbstractConnection) -> None:
        while missing := self._channels - self._subscribed:  # more may be added meanwhile, or removed and added again
            self._subscribed |= missing
            await self._subscribe(connection, sorted(missing))
        self._alive = True
        self._losses.ended()
        self._waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        log.info("valkey_subscription_alive", channels=len(self._subscribed))
        self._on_change(True)
        while True:
            await asyncio.sleep(PROOF_SECONDS)
            self._proof = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(PROOF_TIMEOUT_SECONDS):
                await client.execute_command(  # type: ignore[no-untyped-call]
                    f"{self._shard}PUBLISH", self._proof_channel, b""
                )
                await self._proof

    async def _subscribe(self, connection: AbstractConnection, channels: Sequence[str]) -> None:
        """Subscribe and wait until Valkey confirmed each channel."""
        confirmations = []
        for channel in channels:
            confirmation = asyncio.get_running_loop().create_future()
            self._confirmations[channel].append(confirmation)
            confirmations.append(confirmation)
        for start in range(0, len(channels), CHANNELS_A_COMMAND):
            await self._send(connection, f"{self._shard}SUBSCRIBE", *channels[start : start + CHANNELS_A_COMMAND])
        async with asyncio.timeout(PROOF_TIMEOUT_SECONDS):
            await asyncio.gather(*confirmations)

    async def _send(self, connection: AbstractConnection, *command: str) -> None:
        if not connection.is_connected:  # it would connect again without an error, and without any subscription
            raise ConnectionResetError("The subscription's connection is closed.")
        await connection.send_command(*command, check_health=False)

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            said, name, data = await connection.read_response()
            channel, kind = name.decode(), said.decode().removeprefix(self._shard.lower())
            if kind == "message":
                if channel != self._proof_channel:
                    self._on_message(channel, data)
                elif self._proof is not None and not self._proof.done():
                    self._proof.set_result(None)
            elif kind == "subscribe":
                self._confirm(channel)
            elif channel == self._proof_channel:  # we never leave this one
                raise ConnectionResetError("The channels moved to another node of the cluster.")

    def _confirm(self, channel: str) -> None:
        waiting = self._confirmations.get(channel)
        if not waiting:
            return
        confirmation = waiting.popleft()
        if not waiting:
            del self._confirmations[channel]
        if not confirmation.done():
            confirmation.set_result(None)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        for confirmation in [future for waiting in self._confirmations.values() for future in waiting]:
            if not confirmation.done():
                confirmation.set_exception(ConnectionResetError("The subscription was lost."))
        self._confirmations.clear()
        self._subscribed.clear()
        await self._cut(connection)

    async def _cut(self, connection: AbstractConnection | None) -> None:
        """Close a connection; that ends the task which reads it, and `run` makes another one."""
        if self._alive:
            self._alive = False
            self._on_change(False)
        if connection is not None:
            with contextlib.suppress(*AWAY):
                await connection.disconnect(nowait=True)
