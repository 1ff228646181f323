"""The proof: every key of the mirror compared with PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from app.mirror.keys import Keys
from app.mirror.server import Server
from app.postgres.database import Database, Run
from app.settings import StoreSettings, ValkeySettings
from app.sql.mirror import MitraState, mirror_page, mirror_rules, mirror_state
from app.valkey.answers import NoAnswer

PAGE = 1000
MITRAS_A_CALL = 200
SECOND_LOOKS_SECONDS = (0.1, 0.3, 0.6, 1.0)
"""A difference is looked at again after these pauses: a mirror that is only a moment behind does not differ."""

VALKEY_SECONDS = 5.0
RANK_OF_A_SLOT = 2**42
ABSENT = "-"


class Difference(NamedTuple):
    """One value in Valkey that is not what it would be by PostgreSQL."""

    key: str
    in_valkey: str
    in_postgres: str


async def differences(settings: StoreSettings) -> list[Difference]:
    """All differences between the mirror and PostgreSQL; empty when it is whole and true. Raises psycopg.Error."""
    db = await Database.open(settings.database_url, name="halobestie-check", max_size=1, prepare=settings.prepare)
    try:
        return await differences_by(db.call, settings)
    finally:
        await db.close()


async def differences_by(run: Run, settings: ValkeySettings) -> list[Difference]:
    """The same as `differences`; `run` asks PostgreSQL, for a page of mitras at a time."""
    server = await Server.open(settings, name="halobestie-check", timeout=VALKEY_SECONDS)
    try:
        return await compare(run, server)
    finally:
        await server.close()


async def compare(
    run: Run, server: Server, *, second_looks: Sequence[float] = SECOND_LOOKS_SECONDS
) -> list[Difference]:
    """The same, over connections that are open; `second_looks` are the pauses before further looks.

    Of a mirror that is not whole, only the missing keys are differences; nothing else of it is compared. The heartbeat
    of a mitra that is offline is no difference: the next reseed removes it.
    """
    try:
        return await _Comparison(run, server).find(second_looks)
    except NoAnswer as error:
        return await _doubts(server) or [Difference(server.keys.epoch, f"{type(error).__name__}: {error}", "whole")]


async def _doubts(server: Server) -> list[Difference]:
    """Why the mirror is not whole: the keys that are gone or hold too little; empty when Valkey can't be asked."""
    try:
        flat = [part.decode(errors="replace") for part in await server.run(server.scripts.doubts)]
    except NoAnswer:
        return []
    return [Difference(*flat[first : first + 3]) for first in range(0, len(flat), 3)]


class _Held(NamedTuple):
    """What the mirror holds about one mitra (inspect.lua)."""

    online: int
    deactivated: int
    capacity: bytes | None
    heartbeat: bytes | None
    free: bytes | None
    full: bytes | None
    lapsed: bytes | None
    ranked: bytes | None
    entry: bytes | None


class _Comparison:
    def __init__(self, run: Run, server: Server) -> None:
        self._run = run
        self._server = server
        self._keys = server.keys
        self._stale = timedelta()

    async def find(self, second_looks: Sequence[float]) -> list[Difference]:
        await self._server.run(self._server.scripts.status)  # raises NotWhole
        found = await self._settings()
        differing, foreign_members = await self._first_look()
        for pause in second_looks:
            if not differing:
                break
            await asyncio.sleep(pause)
            differing = await self._look_again(differing)
        return [
            *found,
            *foreign_members,
            *(difference for its_differences in differing.values() for difference in its_differences),
        ]

    async def _settings(self) -> list[Difference]:
        settings = await self._run(mirror_rules)
        self._stale = timedelta(seconds=settings.heartbeat_stale_seconds)
        wanted = str(settings.heartbeat_stale_seconds * 1000)
        held = _text(await self._server.command("HGET", self._keys.settings, "heartbeat_stale_ms"))
        return [] if held == wanted else [Difference(f"{self._keys.settings} heartbeat_stale_ms", held, wanted)]

    async def _first_look(self) -> tuple[dict[UUID, list[Difference]], list[Difference]]:
        """Every mitra of PostgreSQL, then everything else that Valkey holds."""
        differing: dict[UUID, list[Difference]] = {}
        in_postgres: set[str] = set()
        after: UUID | None = None
        while page := await self._run(mirror_page, after=after, limit=PAGE):
            differing |= await self._compare([state.mitra_id for state in page], page)
            in_postgres |= {str(state.mitra_id) for state in page}
            after = page[-1].mitra_id

        foreign_members: list[Difference] = []
        async for key, members in self._everything_held():
            for member in members:
                if member in in_postgres:
                    continue
                try:
                    differing.setdefault(UUID(member), [])
                except ValueError:
                    foreign_members.append(Difference(f"{key} {member}", "there", ABSENT))
        return differing, foreign_members

    async def _look_again(self, mitra_ids: Iterable[UUID]) -> dict[UUID, list[Difference]]:
        ids = iter(mitra_ids)
        found: dict[UUID, list[Difference]] = {}
        while page := list(islice(ids, PAGE)):
            found |= await self._compare(page, await self._run(mirror_state, mitra_ids=page))
        return found

    async def _compare(self, mitra_ids: Sequence[UUID], states: Sequence[MitraState]) -> dict[UUID, list[Difference]]:
        truth = {state.mitra_id: state for state in states}
        found: dict[UUID, list[Difference]] = {}
        for first in range(0, len(mitra_ids), MITRAS_A_CALL):
            chunk = mitra_ids[first : first + MITRAS_A_CALL]
            answers = await self._server.run(self._server.scripts.inspect, *map(str, chunk))
            for mitra_id, answer in zip(chunk, answers, strict=True):
                held = _Held(*answer)
                its_differences = list(_compare_mitra(self._keys, mitra_id, truth.get(mitra_id), held, self._stale))
                if its_differences:
                    found[mitra_id] = its_differences
        return found

    async def _everything_held(self) -> AsyncIterator[tuple[str, list[str]]]:
        """The members of every collection, and the mitra ids in the names of the capacity keys, some at a time."""
        keys = self._keys
        collections = {
            "SSCAN": ((keys.online, keys.deactivated), 1),
            "HSCAN": ((keys.mitras,), 2),
            "ZSCAN": ((keys.free, keys.full, keys.lapsed, keys.ranked), 2),
        }
        for command, (names, step) in collections.items():
            for name in names:
                async for found in self._server.scan(command, name):
                    yield name, [member.decode(errors="replace") for member in found[::step]]
        prefix = keys.capacity_prefix
        async for found in self._server.scan("SCAN", "MATCH", Keys.pattern(prefix)):
            yield prefix, [name.decode(errors="replace")[len(prefix) :] for name in found]


def _compare_mitra(
    keys: Keys, mitra_id: UUID, state: MitraState | None, held: _Held, stale: timedelta
) -> Iterator[Difference]:
    if state is None:
        for key, value in (
            (keys.online, held.online or None),
            (keys.deactivated, held.deactivated or None),
            (keys.capacity(mitra_id), held.capacity),
            (keys.free, held.free),
            (keys.full, held.full),
            (keys.lapsed, held.lapsed),
            (keys.ranked, held.ranked),
            (keys.mitras, held.entry),
        ):
            if value is not None:
                yield Difference(f"{key} {mitra_id}", _text(value), ABSENT)
        return

    has_slot = state.is_online and state.is_active and state.capacity < state.max_sessions
    rank = state.capacity * RANK_OF_A_SLOT + round(state.idle_since.timestamp() * 1000)
    entry = f"{state.version} {rank}" if has_slot else str(state.version)
    yield from _unequal(keys.online, mitra_id, held.online, int(state.is_online))
    yield from _unequal(keys.deactivated, mitra_id, held.deactivated, int(not state.is_active))
    yield from _unequal(keys.capacity_prefix, mitra_id, held.capacity, state.capacity)
    yield from _unequal(keys.mitras, mitra_id, held.entry, entry)
    places = ((keys.free, held.free), (keys.full, held.full), (keys.lapsed, held.lapsed))
    there = [key for key, score in places if score is not None]
    if state.is_online and state.is_active:
        place = keys.free if has_slot else keys.full
        if there not in ([place], [keys.lapsed]):
            yield Difference(f"place of {mitra_id}", ", ".join(there) or ABSENT, f"{place} or {keys.lapsed}")
    elif there:
        yield Difference(f"place of {mitra_id}", ", ".join(there), ABSENT)
    yield from _unequal(keys.ranked, mitra_id, held.ranked, rank if there == [keys.free] else None)
    if state.is_online:
        yield from _compare_heartbeat(keys, state, held, stale)


def _compare_heartbeat(keys: Keys, state: MitraState, held: _Held, stale: timedelta) -> Iterator[Difference]:
    score = held.free or held.full or held.lapsed
    beat = None if held.heartbeat is None else _moment(held.heartbeat)
    if beat is None or (score is not None and round(beat.timestamp() * 1000) != float(score)):
        yield Difference(keys.heartbeat(state.mitra_id), _text(held.heartbeat), _text(score))
    elif state.last_heartbeat_at is not None:
        oldest_fresh = datetime.now(UTC) - stale
        if beat <= oldest_fresh < state.last_heartbeat_at:  # PostgreSQL knows of a newer beat
            yield Difference(keys.heartbeat(state.mitra_id), _text(held.heartbeat), state.last_heartbeat_at.isoformat())


def _unequal(key: str, mitra_id: UUID, held: bytes | int | None, wanted: int | str | None) -> Iterator[Difference]:
    if _text(held) != _text(wanted):
        # the id is the end of the key's name, or a member of the key
        name = f"{key}{mitra_id}" if key.endswith(":") else f"{key} {mitra_id}"
        yield Difference(name, _text(held), _text(wanted))


def _text(value: bytes | int | str | None) -> str:
    if value is None:
        return ABSENT
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _moment(text: bytes) -> datetime | None:
    """A time with its zone; None for any other text."""
    try:
        moment = datetime.fromisoformat(text.decode())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
