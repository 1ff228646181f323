"""Write-through: reads each mitra that changed from PostgreSQL, and writes its state to Valkey."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from itertools import islice, zip_longest
from typing import Self
from uuid import UUID

import structlog

from app.mirror.writer import CALLS_AT_A_TIME, MITRAS_A_CALL, Applied, Writer
from app.observability import metrics
from app.sql.mirror import MitraState, mirror_state
from app.valkey.answers import NoAnswer, RefusedByValkey
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.lookup import Lookup
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds
from listeners.engine.vitals import Vitals

log = structlog.get_logger(__name__)

CHANNEL = "mitra_mirror"
RESEED = "reseed"
"""The payload that asks for a reseed; any other payload is a list of mitra ids."""

MITRAS_A_ROUND = 1000
MITRAS_A_PAGE = 250
POLL_SECONDS = 60.0
REMEMBERED_SECONDS = 10.0
"""A listener that does not lead remembers for so long what changed: a dead leader has a successor sooner."""


class MirrorWriter:
    """Keeps Valkey's picture of every mitra equal to PostgreSQL's (requirement/valkey-online-mirror-plan.md).

    A notification says only which mitras changed; their state is read from PostgreSQL. So repeated, reordered and
    forged notifications do no harm.
    """

    def __init__(
        self,
        backend: Backend,
        states: Lookup[MitraState],
        bell: Doorbell,
        *,
        on_reseed_asked: Callable[[], None],
    ) -> None:
        self.bell = bell
        self.lag_ms = 0.0
        """Milliseconds from the notification of a change to its arrival in Valkey, at the last write."""
        self.writer: Writer | None = None
        """Set while this listener leads."""
        self.vitals = Vitals()
        self._backend = backend
        self._states = states
        self._on_reseed_asked = on_reseed_asked
        self._changed: dict[UUID, float] = {}
        self._again: set[UUID] = set()
        self._remembered: dict[UUID, float] = {}
        """While this listener does not lead: when each mitra was last heard of, the latest at the end."""

    @classmethod
    def of(cls, parts: Parts, *, on_reseed_asked: Callable[[], None]) -> Self:
        """The mirror writer of a listener."""
        backends = parts.backends
        return cls(backends.work, backends.states, parts.program.doorbell(), on_reseed_asked=on_reseed_asked)

    def hear(self, payloads: Sequence[str]) -> None:
        """Note the mitras that changed; without the lead, remember them for a while."""
        now = time.monotonic()
        for payload in payloads:
            if payload == RESEED:
                if self.writer is not None:
                    self._on_reseed_asked()
                continue
            try:
                mitra_ids = [UUID(text) for text in payload.split(",")]
            except ValueError:
                log.warning("unreadable_notification", channel=CHANNEL, characters=len(payload))
                continue
            for mitra_id in mitra_ids:
                if self.writer is None:
                    self._remembered.pop(mitra_id, None)
                    self._remembered[mitra_id] = now
                else:
                    self._changed.setdefault(mitra_id, now)
        if self.writer is None:
            self._forget_before(now - REMEMBERED_SECONDS)
            return
        metrics.mirror_queue.set(len(self._changed))
        self.bell.ring()

    def lead(self, writer: Writer) -> None:
        """Write from now on. What changed while nobody led comes first, before the reseed comes to it."""
        self.writer = writer
        self._forget_before(time.monotonic() - REMEMBERED_SECONDS)
        self.read_again(self._remembered)
        self._remembered.clear()

    def rounds(self) -> Rounds:
        """What changed, at each ring; what failed is tried again."""
        return Rounds("mirror", self.write, self.bell)

    async def write(self) -> float:
        """One round: read the mitras that changed, or are to be read again, and write their states."""
        if self.writer is None or not (self._changed or self._again):
            return POLL_SECONDS
        changed = dict(islice(self._changed.items(), MITRAS_A_ROUND))
        for mitra_id in changed:
            del self._changed[mitra_id]
        again = set(islice(self._again, MITRAS_A_ROUND - len(changed)))
        self._again -= again
        try:
            with self.vitals.round():
                await self._write(self.writer, changed, again)
        except BaseException as error:
            if isinstance(error, RefusedByValkey):
                self._on_reseed_asked()
                await disown(self.writer)
            for mitra_id, since in changed.items():
                self._changed.setdefault(mitra_id, since)
            self._again |= again
            raise
        finally:
            metrics.mirror_queue.set(len(self._changed))
        if changed:
            self.lag_ms = (time.monotonic() - min(changed.values())) * 1000
        return 0 if self._changed or self._again else POLL_SECONDS

    @property
    def queue(self) -> int:
        """How many mitras changed and are not yet written."""
        return len(self._changed)

    def follow(self) -> None:
        """Write no more. Changes that are not written are remembered: perhaps nobody leads for a while."""
        self.writer = None
        now = time.monotonic()
        self._remembered = dict.fromkeys([*self._changed, *self._again], now)
        self._changed.clear()
        self._again.clear()
        metrics.mirror_queue.set(0)
        self.vitals = Vitals()

    def read_again(self, mitra_ids: Collection[UUID]) -> None:
        """Note mitras of which Valkey lost something, or may know less than PostgreSQL does."""
        if mitra_ids:
            self._again.update(mitra_ids)
            self.bell.ring()

    def _forget_before(self, moment: float) -> None:
        for mitra_id, heard_at in list(self._remembered.items()):
            if heard_at >= moment:
                return
            del self._remembered[mitra_id]

    async def _write(self, writer: Writer, changed: Collection[UUID], again: Collection[UUID]) -> None:
        """Read and write page by page; the next page is read while Valkey takes this one."""
        mitra_ids = list({*changed, *again})
        pages = [mitra_ids[first : first + MITRAS_A_PAGE] for first in range(0, len(mitra_ids), MITRAS_A_PAGE)]
        states = await self._read(pages[0])
        for page, following in zip_longest(pages, pages[1:]):
            if following is None:
                await self._write_page(writer, page, states, changed)
                return
            written, read = await asyncio.gather(
                self._write_page(writer, page, states, changed), self._read(following), return_exceptions=True
            )
            if isinstance(written, BaseException):
                raise written
            if isinstance(read, BaseException):
                raise read
            states = read

    async def _read(self, mitra_ids: Sequence[UUID]) -> list[MitraState]:
        return await self._states.ask(f"{{{','.join(map(str, mitra_ids))}}}")

    async def _write_page(
        self, writer: Writer, mitra_ids: Sequence[UUID], states: Sequence[MitraState], changed: Collection[UUID]
    ) -> None:
        await write_states(writer, self._backend, states)
        if len(states) < len(mitra_ids):
            await writer.forget(list(set(mitra_ids) - {state.mitra_id for state in states}))
        now = time.time()
        for state in states:
            if state.mitra_id in changed:
                metrics.mirror_lag.observe(max(0.0, now - state.version / 1_000_000))


async def disown(writer: Writer) -> None:
    """Mark a mirror that could not be written as not whole, if Valkey takes at least that."""
    with contextlib.suppress(NoAnswer):
        await writer.disown()


async def write_states(writer: Writer, backend: Backend, states: Sequence[MitraState]) -> int | None:
    """Write any number of states. Returns how many mitras are available then, None when the mirror is not whole.

    A state is refused when Valkey holds a newer version of it. It is then read once more: usually another writer was
    quicker. If PostgreSQL still has only the older version, PostgreSQL itself went back in time (restored from a
    backup, or failed over to a standby that lagged); then its version replaces the newer one.
    """
    applied = await _apply_all(writer, states)
    if applied.refused:
        metrics.mirror_refused.inc(len(applied.refused))
        again = await backend.run(mirror_state, mitra_ids=list(applied.refused))
        applied = await _apply_all(writer, again, overriding=applied.refused)
    return applied.available


async def _apply_all(
    writer: Writer, states: Sequence[MitraState], *, overriding: dict[UUID, int] | None = None
) -> Applied:
    batches = [states[first : first + MITRAS_A_CALL] for first in range(0, len(states), MITRAS_A_CALL)]
    turns = asyncio.Semaphore(CALLS_AT_A_TIME)

    async def apply(batch: Sequence[MitraState]) -> Applied:
        async with turns:
            return await writer.apply(batch, overriding=overriding or {})

    outcomes = await asyncio.gather(*map(apply, batches), return_exceptions=True)
    applied = Applied(None, {})
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        applied = Applied(outcome.available, applied.refused | outcome.refused)
    metrics.mirror_applied.inc(len(states) - len(applied.refused))
    return applied
