"""What only the leading listener may do to the mirror. Every write carries its leadership epoch.

All methods raise NoAnswer: Away while Valkey is, Superseded once a later leader has written.
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

MITRAS_A_CALL = 100
"""Larger batches are no faster and make other clients wait: 100 mitras block Valkey for a few milliseconds."""

EVICTIONS_A_CALL = 200
KEYS_A_CALL = 500
_COLLECTIONS = 6
_HEARTBEAT_SETS = 3

_NOTHING: Mapping[UUID, int] = MappingProxyType({})


class Applied(NamedTuple):
    """`available` mitras now, None when the mirror is not whole; the newer versions that made rows be `refused`."""

    available: int | None
    refused: dict[UUID, int]


class Evicted(NamedTuple):
    """`available` mitras now, None when the mirror is not whole; the mitras that `lapsed` since the last eviction."""

    available: int | None
    lapsed: list[UUID]


class Heartbeats(NamedTuple):
    """Some mitras and when they last beat."""

    mitra_ids: list[UUID]
    at: list[datetime]


class Writer:
    """Writes with the authority of one leadership."""

    def __init__(self, server: Server, *, epoch: int) -> None:
        self.epoch = epoch
        self._server = server
        self._scripts = server.scripts

    async def apply(self, states: Sequence[MitraState], *, overriding: Mapping[UUID, int] = _NOTHING) -> Applied:
        """Write the truth about up to MITRAS_A_CALL different mitras.

        A state older than what is there is refused, unless what is there has exactly the version in `overriding`.
        """
        rows = [_row(state, overriding.get(state.mitra_id, 0)) for state in states]
        available, *refused = await self._write(self._scripts.apply, msgspec.msgpack.encode(rows))
        return Applied(
            available if available >= 0 else None,
            {UUID(mitra_id.decode()): int(version) for mitra_id, version in _pairs(refused)},
        )

    async def forget(self, mitra_ids: Sequence[UUID | str]) -> None:
        """Remove mitras that PostgreSQL does not know, and what is no id at all."""
        ids = [str(mitra_id).encode(errors="surrogateescape") for mitra_id in mitra_ids]
        for some in _chunks(ids, MITRAS_A_CALL):
            await self._write(self._scripts.forget, *some)

    async def begin(self, token: str, *, heartbeat_stale_seconds: float) -> None:
        """Note that a reseed is under way, and set what the scripts need to know."""
        await self._write(self._scripts.begin, token, heartbeat_stale_seconds)

    async def finish(self, token: str, *, is_well: bool = True) -> int:
        """Declare the mirror built; how many are available. Raises Interrupted when it lost anything since `begin`.

        It is whole for 5 s if `is_well`; `evict` prolongs that.
        """
        available: int = await self._write(self._scripts.finish, token, int(is_well))
        return available

    async def evict(self, *, lag_ms: float, is_well: bool = True) -> Evicted:
        """Take what went stale out of the rankings, in steps that block nobody.

        A mirror that this leadership built, and that is whole, stays so for another 5 s if `is_well`: if the listener
        reads what changed, writes it, and dispatches events. `lag_ms` is shown in the status.
        """
        lapsed: list[UUID] = []
        while True:
            moved, available, some = await self._write(
                self._scripts.evict, EVICTIONS_A_CALL, f"{lag_ms:.3f}", int(is_well)
            )
            lapsed += filter(None, map(_id, some))
            if moved < EVICTIONS_A_CALL:
                return Evicted(available if available >= 0 else None, lapsed)

    async def disown(self) -> None:
        """Tell every reader that the mirror is not kept. A server that is full still takes this."""
        await self._server.command("DEL", self._server.keys.alive)

    async def eviction_fault(self) -> str | None:
        """What is wrong with what a full Valkey would delete; None when nothing is."""
        info: bytes = await self._server.command("INFO", "memory")
        facts = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
        return eviction_fault(facts.get("maxmemory_policy", "noeviction"), int(facts.get("maxmemory", "0")))

    async def claim(self) -> bool:
        """Overwrite a leadership epoch that PostgreSQL does not know; False when there was nothing to overwrite."""
        found = await self._server.command("GET", self._server.keys.leader)
        return found is not None and bool(await self._write(self._scripts.claim, found))

    async def patrol(self, cursor: bytes) -> tuple[bytes, list[UUID]]:
        """One step through the fleet: the next cursor, and mitras that miss their capacity or heartbeat."""
        cursor, *missing = await self._write(self._scripts.patrol, cursor)
        return cursor, list(filter(None, map(_id, missing)))

    async def remove_strays(self) -> int:
        """Remove members of the sets that the hash of mitras does not know; how many there were."""
        removed = 0
        for collection in range(1, _COLLECTIONS + 1):
            cursor = b"0"
            while True:
                cursor, some = await self._write(self._scripts.strays, collection, cursor)
                removed += some
                if cursor == b"0":
                    break
        return removed

    async def remove_orphans(self) -> int:
        """Remove capacities of nobody and heartbeats of those not online; how many keys went."""
        removed = 0
        async for keys in self._server.scan("SCAN", "MATCH", Keys.pattern(self._server.keys.mitra_prefix)):
            ids = list({key.rpartition(b":")[2] for key in keys})
            for some in _chunks(ids, KEYS_A_CALL):
                removed += await self._write(self._scripts.orphans, *some)
        return removed

    async def mitra_count(self) -> int:
        """How many mitras the mirror holds."""
        count: int = await self._server.command("HLEN", self._server.keys.mitras)
        return count

    async def mitra_ids(self) -> AsyncIterator[list[str]]:
        """What the mirror holds as ids of mitras, some at a time; one may come twice."""
        async for fields in self._server.scan("HSCAN", self._server.keys.mitras):
            yield [field.decode(errors="surrogateescape") for field in fields[::2]]

    async def stale(self, *, most: int) -> list[UUID]:
        """Who went stale, `most` at most. Raises NotWhole while the mirror has not listened for long enough to tell."""
        ids: list[bytes] = await self._server.run(self._scripts.stale, most)
        return list(filter(None, map(_id, ids)))

    async def heartbeats(self, since: datetime, *, page: int) -> AsyncIterator[Heartbeats]:
        """The heartbeats since a moment, oldest first, `page` at a time. Those that beat meanwhile come again."""
        for which in range(1, _HEARTBEAT_SETS + 1):
            start, offset = _ms(since), 0
            while True:
                answer: list[bytes] = await self._server.run(self._scripts.heartbeats, which, start, offset, page)
                beats = [(_id(mitra_id), int(float(ms))) for mitra_id, ms in _pairs(answer)]
                known = [(mitra_id, moment(ms)) for mitra_id, ms in beats if mitra_id is not None]
                yield Heartbeats([mitra_id for mitra_id, _ in known], [at for _, at in known])
                if len(beats) < page:
                    break
                # Go on from the last heartbeat seen; of those within the same millisecond, pass over the seen ones.
                last = beats[-1][1]
                seen = sum(ms == last for _, ms in beats)
                start, offset = last, seen + (offset if last == start else 0)

    async def _write(self, script: Any, *arguments: Any) -> Any:
        return await self._server.run(script, str(self.epoch), *arguments)


def _id(text: bytes) -> UUID | None:
    """A mitra's id; None for a member that was planted."""
    try:
        return UUID(text.decode())
    except ValueError:
        return None


def moment(ms: int) -> datetime:
    """A time of Valkey's, in milliseconds, as ours."""
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
