"""The mirror's questions, asked of Valkey alone: what the listener asks, and the apps through their gateway."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from app.mirror.server import Server
from app.mirror.status import MirrorStatus
from app.observability import metrics
from app.runtime import instant
from app.runtime.instant import Instant
from app.settings import ValkeySettings
from app.valkey.answers import NoAnswer

LEASES_SETTLE_MS = 5_000
"""After Valkey was emptied, instances need a second or two to lease their sockets again."""


async def connected(server: Server, leases: Sequence[str]) -> list[bool]:
    """For each of these keys of leases, whether its user has a live socket on any instance.

    Raises NoAnswer also when a key has no lease and the mirror is whole for less than LEASES_SETTLE_MS.
    """
    return [bool(answer) for answer in await server.run(server.scripts.presence, LEASES_SETTLE_MS, *leases)]


async def connect_reader(settings: ValkeySettings) -> Server:
    """Connect to Valkey, if it is there, to ask: an answer takes VALKEY_TIMEOUT_MS at most."""
    return await Server.open(settings, name="halobestie-gateway", timeout=settings.valkey_timeout_ms / 1000)


class MirrorReader:
    """Asks the mirror. Where Valkey can't answer, or the mirror is not whole, an answer is None, or False."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def close(self) -> None:
        """Let go of Valkey."""
        await self._server.close()

    @property
    def valkey_is_up(self) -> bool:
        """Whether Valkey can be asked at this moment."""
        return self._server.is_up

    async def candidates(self, most: int) -> list[UUID] | None:
        """The best available mitras: least loaded first, then longest idle; None when only PostgreSQL can tell."""
        try:
            found = [
                UUID(mitra_id.decode()) for mitra_id in await self._server.run(self._server.scripts.candidates, most)
            ]
        except (NoAnswer, ValueError):  # ValueError: a member that is no id was planted
            metrics.mirror_answers.labels("candidates", "postgres").inc()
            return None
        metrics.mirror_answers.labels("candidates", "valkey").inc()
        return found

    async def reachable(self, mitra_id: UUID) -> bool | None:
        """Whether the mitra is online, active and beating; None when unknown."""
        try:
            return bool(await self._server.run(self._server.scripts.reachable, str(mitra_id)))
        except NoAnswer:
            return None

    async def online_mitras(self) -> int | None:
        """How many mitras are online; None when unknown."""
        status = await self.status()
        return None if status is None else status.online

    async def status(self) -> MirrorStatus | None:
        """The mirror in figures; None when it is away or not whole, or when its figures make no sense."""
        try:
            leader, whole_since, seeded_at, lag, *counts, stale_ms = await self._server.run(self._server.scripts.status)
            mitras, online, deactivated, available, lapsed = counts
            return MirrorStatus(
                leader_epoch=int(leader),
                whole_since=_moment(whole_since),
                seeded_at=_moment(seeded_at),
                lag_ms=float(lag) if lag else None,
                mitras=mitras,
                online=online,
                deactivated=deactivated,
                available=available,
                lapsed=lapsed,
                heartbeat_stale_seconds=int(stale_ms) / 1000,
            )
        except (NoAnswer, ValueError, TypeError, OverflowError, OSError):  # a field was planted, or is gone
            return None

    async def is_whole(self) -> bool:
        """Whether the mirror is whole: nothing of it is lost and a listener keeps it, so events come through Valkey."""
        try:
            return bool(await self._server.run(self._server.scripts.whole))
        except NoAnswer:
            return False

    async def connected(self, user_type: str, user_id: UUID) -> bool | None:
        """Whether the user has a lease of a live socket, on any instance; None when unknown."""
        try:
            [is_connected] = await connected(self._server, [self._server.keys.lease(user_type, user_id)])
        except NoAnswer:
            return None
        return is_connected


def _moment(ms: bytes) -> Instant:
    return instant.spell(datetime.fromtimestamp(int(ms) / 1000, UTC))
