"""The writes to the mirror, which only the leading listener may do. Every write carries the epoch of its leadership.

All methods raise NoAnswer: Away while Valkey is away, Superseded once a later leader has written.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from app.mirror.keys import Keys
from app.mirror.server import Server
from app.sql.mirror import MitraState
from app.valkey.eviction import eviction_fault

MITRAS_A_CALL = 50
"""Larger batches are hardly faster and make other clients wait: 50 mitras block Valkey for one or two milliseconds."""

CALLS_AT_A_TIME = 2
"""Valkey runs what one client has sent without a look at the others; two calls keep it busy."""

EVICTIONS_A_CALL = 100
_COLLECTIONS = 6
_HEARTBEAT_SETS = 3

_NOTHING: Mapping[UUID, int] = MappingProxyType({})


class Applied(NamedTuple):
    """How many mitras are `available` now, None when the mirror is not whole; and the rows that were `refused`.

    A refused row is older than the version that the mirror has, which is the value in `refused`.
    """

    available: int | None
    refused: dict[UUID, int]


class Evicted(NamedTuple):
    """How many mitras are `available` now, None when the mirror is not whole; and the mitras that went stale."""

    available: int | None
    lapsed: list[UUID]


class Heartbeats(NamedTuple):
    """Some mitras, and the times of their last beats."""

    mitra_ids: list[UUID]
    at: list[datetime]


class Writer:
    """Writes with the authority of one leadership."""

    def __init__(self, server: Server, *, epoch: int) -> None:
        self.epoch = epoch
        self._server = server
        self._scripts = server.scripts

    async def apply(self, states: Sequence[MitraState], *, overriding: Mapping[UUID, int] = _NOTHING) -> Applied:
        """Write the state of up to MITRAS_A_CALL different mitras.

        A state that is older than the state in the mirror is refused, unless the mirror has exactly the version in
        `overriding`.
        """
        rows = [_row(state, overriding.get(state.mitra_id, 0)) for state in states]
        available, *refused = await self._write(self._scripts.apply, msgspec.msgpack.encode(rows))
        return Applied(
            available if available >= 0 else None,
            {UUID(mitra_id.decode()): int(version) for mitra_id, version in _pairs(refused)},
        )

    async def forget(self, mitra_ids: Sequence[UUID | str]) -> None:
        """Remove mitras that PostgreSQL does not know, and members that are not even ids."""
        ids = [str(mitra_id).encode(errors="surrogateescape") for mitra_id in mitra_ids]
        for chunk in _chunks(ids, MITRAS_A_CALL):
            await self._write(self._scripts.forget, *chunk)

    async def begin(self, token: str, *, heartbeat_stale_seconds: float, slack_seconds: float = 0) -> None:
        """Note that a reseed has begun, and write the configuration that the scripts need.

        A heartbeat that Valkey lost counts as one of now, unless PostgreSQL's copy is older than the sum of both.
        """
        await self._write(self._scripts.begin, token, heartbeat_stale_seconds, slack_seconds)

    async def finish(self, token: str, *, is_well: bool = True) -> int:
        """Declare that the mirror is built; returns how many mitras are available.

        Then it is whole for 5 s if `is_well`; `evict` prolongs that. Raises Interrupted when anything was lost since
        `begin`.
        """
        available: int = await self._write(self._scripts.finish, token, int(is_well))
        return available

    async def evict(self, *, lag_ms: float, is_well: bool = True) -> Evicted:
        """Take the mitras whose heartbeat went stale out of the rankings, in steps so small that no client has to wait.

        A whole mirror that this leadership built stays whole for another 5 s if `is_well`: if the listener reads the
        changes, writes them, and dispatches events. `lag_ms` is shown in the status.
        """
        lapsed: list[UUID] = []
        while True:
            moved, available, ids = await self._write(
                self._scripts.evict, EVICTIONS_A_CALL, f"{lag_ms:.3f}", int(is_well)
            )
            lapsed += filter(None, map(_id, ids))
            if moved < EVICTIONS_A_CALL:
                return Evicted(available if available >= 0 else None, lapsed)

    async def disown(self) -> None:
        """Tell every reader that nobody keeps the mirror. Even a full server takes this command."""
        await self._server.command("DEL", self._server.keys.alive)

    async def eviction_fault(self) -> str | None:
        """What is wrong with Valkey's eviction policy; None when all is well."""
        info: bytes = await self._server.command("INFO", "memory")
        facts = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
        return eviction_fault(facts.get("maxmemory_policy", "noeviction"), int(facts.get("maxmemory", "0")))

    async def claim(self) -> bool:
        """Overwrite a leadership epoch that PostgreSQL does not know; False when there was none."""
        found = await self._server.command("GET", self._server.keys.leader)
        return found is not None and bool(await self._write(self._scripts.claim, found))

    async def patrol(self, cursor: bytes) -> tuple[bytes, list[UUID]]:
        """One step through all mitras: the next cursor, and the mitras without their capacity or heartbeat."""
        cursor, *missing = await self._write(self._scripts.patrol, cursor)
        return cursor, list(filter(None, map(_id, missing)))

    async def remove_strays(self) -> int:
        """Remove members of the sets that are not in the hash of mitras; returns how many there were."""
        removed = 0
        for collection in range(1, _COLLECTIONS + 1):
            cursor = b"0"
            while True:
                cursor, count = await self._write(self._scripts.strays, collection, cursor)
                removed += count
                if cursor == b"0":
                    break
        return removed

    async def remove_orphans(self) -> int:
        """Remove capacities of unknown mitras and heartbeats of offline mitras; returns how many keys there were."""
        removed: int = 0
        pattern, cursor = Keys.pattern(self._server.keys.mitra_prefix), b"0"
        while True:
            cursor, count = await self._write(self._scripts.orphans, pattern, cursor)
            removed += count
            if cursor == b"0":
                return removed

    async def mitra_count(self) -> int:
        """How many mitras the mirror holds."""
        count: int = await self._server.command("HLEN", self._server.keys.mitras)
        return count

    async def mitra_ids(self) -> AsyncIterator[list[str]]:
        """The ids of mitras in the mirror, some at a time. An id may come twice, and may be any text."""
        async for fields in self._server.scan("HSCAN", self._server.keys.mitras):
            yield [field.decode(errors="surrogateescape") for field in fields[::2]]

    async def stale(self, *, most: int) -> list[UUID]:
        """At most `most` mitras that went stale. Raises NotWhole until the mirror was whole long enough to tell."""
        ids: list[bytes] = await self._server.run(self._scripts.stale, most)
        return list(filter(None, map(_id, ids)))

    async def heartbeats(self, since: datetime, *, page: int) -> AsyncIterator[Heartbeats]:
        """The heartbeats since a moment, oldest first, `page` at a time. Mitras that beat meanwhile come again."""
        for heartbeat_set in range(1, _HEARTBEAT_SETS + 1):
            start, offset = _ms(since), 0
            while True:
                answer: list[bytes] = await self._server.run(
                    self._scripts.heartbeats, heartbeat_set, start, offset, page
                )
                beats = [(_id(mitra_id), int(float(ms))) for mitra_id, ms in _pairs(answer)]
                of_mitras = [(mitra_id, moment(ms)) for mitra_id, ms in beats if mitra_id is not None]
                yield Heartbeats([mitra_id for mitra_id, _ in of_mitras], [at for _, at in of_mitras])
                if len(beats) < page:
                    break
                # Go on from the last heartbeat; of the heartbeats of that millisecond, pass over those that were read.
                last = beats[-1][1]
                seen = sum(ms == last for _, ms in beats)
                start, offset = last, seen + (offset if last == start else 0)

    async def _write(self, script: Any, *arguments: Any) -> Any:
        return await self._server.run(script, str(self.epoch), *arguments)


def _id(text: bytes) -> UUID | None:
    """A mitra's id; None for a member that is no id, which another program wrote."""
    try:
        return UUID(text.decode())
    except ValueError:
        return None


def moment(ms: int) -> datetime:
    """A time in milliseconds, as Valkey holds it, as a datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _row(state: MitraState, override: int) -> tuple[str, bool, bool, int, int, int, int, int, int]:
    return (
        str(state.mitra_id),
        state.is_online,
        state.is_active,
        state.capacity,
        state.max_sessions,
        0 if state.last_heartbeat_at is None else _ms(state.last_heartbeat_at),
        _ms(state.idle_since),
        state.version,
        override,
    )


def _pairs(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[first : first + size] for first in range(0, len(items), size))
