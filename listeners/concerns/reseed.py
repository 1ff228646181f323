"""Reseed: writes every mitra from PostgreSQL to Valkey, page by page. At no moment does a reader miss a mitra."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from typing import Self
from uuid import UUID

import structlog

from app.mirror.writer import Writer
from app.observability import metrics
from app.sql.mirror import MitraState, mirror_counts, mirror_page, mirror_rules, mirror_state
from app.valkey.answers import Interrupted
from listeners.concerns.mirror import write_states
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

log = structlog.get_logger(__name__)

PAGE = 1000

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Reseeder:
    """Reseeds the mirror when asked; requests that come during a reseed lead to one more."""

    def __init__(self, backend: Backend, bell: Doorbell, *, is_well: Callable[[], bool]) -> None:
        """`is_well()` says whether the mirror that this listener builds may be believed."""
        self.bell = bell
        self._is_well = is_well
        self.writer: Writer | None = None
        """Set while this listener leads."""
        self.seeded = asyncio.Event()
        """Set once this leadership has seeded the mirror for the first time."""
        self.seconds = 0.0
        """How long the last complete reseed took."""
        self._backend = backend
        self._reasons: list[str] = []
        self._running = False

    @classmethod
    def of(cls, parts: Parts, *, is_well: Callable[[], bool]) -> Self:
        """The reseeder of a listener."""
        return cls(parts.backends.work, parts.program.doorbell(), is_well=is_well)

    def request_unless_running(self, reason: str) -> None:
        """Ask for a reseed, unless one is already asked for or under way: it heals the same."""
        if not self._reasons and not self._running:
            self.request(reason)

    def request(self, reason: str) -> None:
        """Ask for a reseed; only the leader does one."""
        if reason not in self._reasons:
            self._reasons.append(reason)
        self.bell.ring()

    def rounds(self) -> Rounds:
        """A reseed at each ring, when one is asked for."""
        return Rounds("reseed", self.reseed_if_asked, self.bell)

    async def reseed_if_asked(self) -> float:
        """One round: reseed when it is asked for. A reseed that fails stays asked for."""
        if self.writer is None or not self._reasons:
            return 60.0
        reasons, self._reasons = self._reasons, []
        started = time.monotonic()
        self._running = True
        try:
            available = await self._reseed(self.writer)
        except BaseException as error:
            metrics.mirror_reseeds.labels("interrupted" if isinstance(error, Interrupted) else "failed").inc()
            self._reasons = reasons + [reason for reason in self._reasons if reason not in reasons]
            raise
        finally:
            self._running = False
        self.seconds = time.monotonic() - started
        metrics.mirror_reseeds.labels("complete").inc()
        metrics.mirror_reseed_seconds.set(self.seconds)
        metrics.mirror_available.set(available)
        self.seeded.set()
        log.info("mirror_reseeded", reasons=reasons, seconds=round(self.seconds, 3), available=available)
        return 0.0

    async def _reseed(self, writer: Writer) -> int:
        token = secrets.token_hex(8)
        rules = await self._backend.run(mirror_rules)
        await writer.begin(
            token,
            heartbeat_stale_seconds=rules.heartbeat_stale_seconds,
            slack_seconds=rules.heartbeat_fallback_slack_seconds,
        )
        await self._write_all(writer)
        await self._forget_the_absent(writer)
        await writer.remove_strays()
        available = await writer.finish(token, is_well=self._is_well())
        await writer.remove_orphans()
        return available

    async def _write_all(self, writer: Writer) -> None:
        """Write pages by id, not one long snapshot: versions order the pages among changes made meanwhile."""
        page = await self._backend.run(mirror_page, after=None, limit=PAGE)
        while page:
            written, following = await asyncio.gather(
                write_states(writer, self._backend, page), self._page_after(page), return_exceptions=True
            )
            if isinstance(written, BaseException):
                raise written
            if isinstance(following, BaseException):
                raise following
            page = following

    async def _page_after(self, page: list[MitraState]) -> list[MitraState]:
        if len(page) < PAGE:
            return []
        return await self._backend.run(mirror_page, after=page[-1].mitra_id, limit=PAGE)

    async def _forget_the_absent(self, writer: Writer) -> None:
        """Remove mitras that PostgreSQL does not have, when Valkey holds more than PostgreSQL does.

        PostgreSQL is asked after Valkey, so that a new mitra is not held to be absent.
        """
        counts = await self._backend.run(mirror_counts)
        if await writer.mitra_count() <= counts.mitras:
            return
        async for held_ids in writer.mitra_ids():
            ids = [UUID(text) for text in held_ids if _ID.fullmatch(text)]
            present = {str(state.mitra_id) for state in await self._backend.run(mirror_state, mitra_ids=ids)}
            if absent := [text for text in held_ids if text not in present]:
                await writer.forget(absent)
