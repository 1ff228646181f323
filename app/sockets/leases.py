"""The leases by which an instance tells all others, through Valkey, which users have a socket here."""

import asyncio
import contextlib
import random
from uuid import UUID

import psycopg
import structlog

from app.mirror.gateway import LEASES_A_CALL, Gateway
from app.observability import metrics
from app.observability.faults import Series
from app.postgres.database import Database
from app.sockets.connected_users import ConnectedUsers
from app.sockets.socket import Socket
from app.sockets.unrenewed import Unrenewed
from app.sql import presence
from app.valkey.answers import Away
from app.wire.socket_limits import LEASE_RENEWAL_SECONDS, POLL_SECONDS

log = structlog.get_logger(__name__)

USERS_A_NOTE = 1_000


class Leases:
    """Leases the sockets of an instance in Valkey, and tells PostgreSQL who is connected while that fails."""

    def __init__(self, db: Database, gateway: Gateway, users: ConnectedUsers) -> None:
        self._db = db
        self._gateway = gateway
        self._users = users
        self._must_renew = asyncio.Event()
        self._unrenewed = Unrenewed()
        self._renewals = Series(log, "leases_not_renewed")
        self._notes = Series(log, "connected_users_not_noted")

    async def take(self, socket: Socket) -> None:
        """Lease a socket; when Valkey does not take the lease, it is tried again soon."""
        if not await self._gateway.lease(socket.user_type, socket.user_id, socket.connection_id):
            self._must_renew.set()

    async def give_back(self, socket: Socket) -> None:
        """End a socket's lease."""
        await self._gateway.release(socket.user_type, socket.user_id, socket.connection_id)

    def renew_soon(self) -> None:
        """Write every lease again, for Valkey may have lost them."""
        self._must_renew.set()

    async def keep(self) -> None:
        """Renew every lease each 20 s, and write them all again when Valkey may have lost them.

        It may have lost them before each new subscription. Each second a random few are looked for: when a lease is
        missing, Valkey was emptied, or evicts. Leases that Valkey did not take are tried again each second; meanwhile
        PostgreSQL is told who is connected here.
        """
        clock = asyncio.get_running_loop().time
        renewed_at = clock()
        due = renewed_at + LEASE_RENEWAL_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._must_renew.wait()
            if not self._must_renew.is_set() and clock() < due and not await self._has_lost_any():
                continue
            self._must_renew.clear()
            if await self._renew_all():
                if failures := self._renewals.ended():
                    log.info("leases_renewed_again", failures=failures, seconds=round(clock() - renewed_at, 1))
                self._unrenewed.end()
                renewed_at = clock()
                due = renewed_at + LEASE_RENEWAL_SECONDS
                metrics.leases_unrenewed.set(0)
            else:
                sockets = len(list(self._users.sockets()))
                self._renewals.failed(Away(f"Valkey did not take the leases of {sockets} sockets"))
                due = clock()
                metrics.leases_unrenewed.set(clock() - renewed_at)
                await self._note_connected(clock())

    async def _has_lost_any(self) -> bool:
        """Whether Valkey has lost a lease, or can't tell. Each time other sockets are chosen by chance."""
        leased = [socket for socket in self._users.sockets() if socket.progress is not None]
        if not leased:
            return False
        sample = random.sample(leased, min(len(leased), LEASES_A_CALL))
        return await self._gateway.unleased([_lease_of(socket) for socket in sample]) != 0

    async def _renew_all(self) -> bool:
        """False when Valkey did not take them all. A socket that was released meanwhile is not leased again."""
        sockets = list(self._users.sockets())
        for start in range(0, len(sockets), LEASES_A_CALL):
            present = [socket for socket in sockets[start : start + LEASES_A_CALL] if self._users.holds(socket)]
            if not await self._gateway.renew([_lease_of(socket) for socket in present]):
                return False
        return True

    async def _note_connected(self, now: float) -> None:
        """Tell PostgreSQL who is connected here though no lease says so: new users at once, all users each 15 s."""
        users = self._unrenewed.to_note(self._users.names(), now)
        try:
            for start in range(0, len(users), USERS_A_NOTE):
                await self._db.call(presence.note_connected, recipients=users[start : start + USERS_A_NOTE])
        except psycopg.Error as error:
            self._notes.failed(error)
        else:
            self._notes.ended()
            self._unrenewed.noted(users)


def _lease_of(socket: Socket) -> tuple[str, UUID, str]:
    return socket.user_type, socket.user_id, socket.connection_id
