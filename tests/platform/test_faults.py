"""How faults are told: in one line where they are to be expected, with type and stack where they are not."""

import asyncio

import psycopg
import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.observability import faults
from app.observability.faults import Series
from app.valkey.answers import Away
from listeners.engine.program import Program
from listeners.engine.sweeps import Sweep
from tests.support.waiting import PATIENCE_SECONDS


class OurRefusal(psycopg.Error):
    """What a function of ours refuses with."""

    sqlstate = "PT409"


async def ends(*errors: Exception) -> list[EventDict]:
    """What rounds say that fail with each of these, and then end."""
    program, left = Program(), iter(errors)

    async def work() -> float:
        if (error := next(left, None)) is not None:
            raise error
        program.stop()
        return 0.0

    with capture_logs() as lines:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await program.rounds("test", work, program.doorbell())
    return lines


async def test_a_fault_of_ours_in_a_round_is_told_with_its_type_and_its_stack() -> None:
    first, *_ = await ends(KeyError("x"))
    assert (first["event"], first["log_level"], first["type"]) == ("round_failed", "error", "KeyError")
    kind, error, stack = first["exc_info"]
    assert (kind, str(error)) == (KeyError, "'x'")
    assert stack.tb_next.tb_frame.f_code.co_name == "work"


@pytest.mark.parametrize("error", [psycopg.OperationalError("away"), Away("gone"), OSError("cut"), OurRefusal("NO")])
async def test_a_fault_of_servers_and_links_in_a_round_is_one_line(error: Exception) -> None:
    first, *_ = await ends(error)
    assert (first["event"], first["log_level"], first["error"]) == ("round_failed", "warning", str(error))
    assert "exc_info" not in first


async def test_a_failing_sweep_tells_what_of_it_was_nobodys_to_expect() -> None:
    program = Program()

    async def work() -> None:
        program.stop()
        raise ExceptionGroup("some of it", [OSError("cut"), ZeroDivisionError("by zero")])

    with capture_logs() as lines:
        await Sweep("test", 60, work).run(program)
    assert (lines[0]["event"], lines[0]["log_level"], lines[0]["error"]) == ("sweep_failed", "error", "cut; by zero")
    assert lines[0]["exc_info"]


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of series of failures, in seconds: its last item is now."""
    clock = [1000.0]
    monkeypatch.setattr("app.observability.faults.time.monotonic", lambda: clock[-1])
    return clock


def test_what_goes_on_failing_is_told_each_minute_with_how_often_and_how_long(minutes: list[float]) -> None:
    series = Series(structlog.get_logger(), "poll_failed", what="events")
    with capture_logs() as lines:
        for second in range(125):
            minutes.append(1000.0 + second)
            series.failed(OSError(f"the {second}th"))
    assert [(line["failures"], line["for_seconds"], line["error"], line["what"]) for line in lines] == [
        (1, 0, "the 0th", "events"),
        (61, 60, "the 60th", "events"),
        (121, 120, "the 120th", "events"),
    ]
    assert series.ended() == 125
    assert series.ended() == 0


def test_what_postgresql_quotes_is_not_told(conn: psycopg.Connection) -> None:
    with capture_logs() as lines:
        try:
            conn.execute(
                "INSERT INTO core.mitras (display_name, phone) VALUES ('a', '+628123456789'), ('b', '+628123456789')"
            )
        except psycopg.Error as error:
            faults.log_fault(structlog.get_logger(), "failed", error)
    assert lines[0]["type"] == "UniqueViolation"
    assert "+62812" not in str(lines)


def test_what_postgresql_quotes_is_in_no_words_about_a_sweep(conn: psycopg.Connection) -> None:
    async def work() -> None:
        conn.execute("DO $$ BEGIN RAISE EXCEPTION 'broken' USING DETAIL = 'a secret'; END $$")

    async def run_once() -> str:
        sweep, program = Sweep("test", 60, work), Program()
        running = asyncio.create_task(sweep.run(program))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sweep.last is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
        program.stop()
        await running
        return sweep.last.found

    assert asyncio.run(run_once()) == "broken"
