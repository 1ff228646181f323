"""A listener that follows remembers what changed lately, and writes that first when it leads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from listeners.concerns import mirror as mirror_module
from listeners.concerns.mirror import RESEED, MirrorWriter
from listeners.engine.doorbell import Doorbell


class NotedStores:
    """PostgreSQL and Valkey of a mirror writer: notes of which mitras the state is asked for. It knows no mitra."""

    def __init__(self) -> None:
        self.mitras: set[UUID] = set()
        self.reseeds = 0
        nobody: Any = self
        self.mirror = MirrorWriter(nobody, nobody, Doorbell(), on_reseed_asked=self._reseed)

    async def ask(self, mitra_ids: str) -> list[Any]:
        """The states of these mitras."""
        self.mitras |= {*map(UUID, mitra_ids.strip("{}").split(","))}
        return []

    async def forget(self, mitra_ids: Sequence[UUID]) -> None:
        """Of mitras that nobody knows."""

    async def write_as_leader(self) -> None:
        """Take the lead, and do one round."""
        writer: Any = self
        self.mirror.lead(writer)
        await self.mirror.write()

    def _reseed(self) -> None:
        self.reseeds += 1


async def test_what_changed_while_it_followed_is_read_when_it_leads() -> None:
    asked, first, second = NotedStores(), uuid4(), uuid4()
    asked.mirror.hear([str(first), "no id", RESEED])
    asked.mirror.hear([f"{second},{first}"])
    assert await asked.mirror.write() > 0
    assert asked.mitras == set()
    await asked.write_as_leader()
    assert asked.mitras == {first, second}
    assert asked.reseeds == 0
    assert asked.mirror.lag_ms == 0


async def test_what_it_heard_longer_ago_is_left_to_the_reseed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, long_ago, lately = NotedStores(), uuid4(), uuid4()
    asked.mirror.hear([str(long_ago)])
    monkeypatch.setattr(mirror_module, "REMEMBERED_SECONDS", -1.0)
    asked.mirror.hear([])
    monkeypatch.undo()
    asked.mirror.hear([str(lately)])
    await asked.write_as_leader()
    assert asked.mitras == {lately}


async def test_what_it_had_not_written_when_it_lost_the_lead_is_read_when_it_leads_again() -> None:
    asked, unwritten, lost, meanwhile = NotedStores(), uuid4(), uuid4(), uuid4()
    await asked.write_as_leader()
    asked.mirror.hear([str(unwritten)])
    asked.mirror.read_again([lost])
    asked.mirror.follow()
    assert asked.mirror.queue == 0
    asked.mirror.hear([str(meanwhile)])
    await asked.write_as_leader()
    assert asked.mitras == {unwritten, lost, meanwhile}
