"""What the listener does at its end when its servers say nothing."""

import asyncio
from typing import Any, cast

import psycopg
import pytest

from app.sql.leadership import give_back_leadership, take_leadership
from listeners.engine import notifications
from listeners.engine.backend import Backend
from listeners.engine.leadership import Leadership
from listeners.engine.notifications import Notifications
from listeners.engine.program import Program
from tests.support.waiting import PATIENCE_SECONDS


async def test_a_program_that_stops_does_not_try_to_listen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    program, attempts = Program(), 0

    async def fail(*_: object, **__: object) -> None:
        nonlocal attempts
        attempts += 1
        program.stop()
        raise psycopg.OperationalError("away") if attempts < 100 else SystemExit("it goes on and on")

    monkeypatch.setattr(notifications, "connect", fail)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await Notifications("postgresql://nowhere", {}, program=program).run()
    assert attempts == 1


async def test_a_lead_that_is_cut_is_given_back() -> None:
    called: list[object] = []
    leading = asyncio.Event()

    class Lease:
        async def run(self, function: object, **_: object) -> Any:
            called.append(function)
            return 7

    async def lead(_epoch: int) -> None:
        leading.set()
        await asyncio.Event().wait()

    leadership = Leadership(cast("Backend", Lease()), has_valkey=lambda: True, retry_seconds=1, program=Program())
    running = asyncio.create_task(leadership.run(lead))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await leading.wait()
        running.cancel()
        await asyncio.wait([running])
    assert called == [take_leadership, give_back_leadership]
