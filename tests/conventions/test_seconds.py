"""Seconds that must agree between SQL, Python, Lua and the clients.

Each row says which of two times must be longer, or that they are the same, and why. A change of
one finds the other.
"""

import inspect
import re
from collections.abc import Callable
from operator import eq, gt, lt
from typing import NamedTuple

import pytest

from app import services
from app.mirror import gateway
from app.payments import xendit
from app.postgres import bounded, database
from app.serving.server import UVICORN
from app.sockets import hub
from app.wire import socket_limits
from app.wire.http_protocol import HttpProtocol
from listeners import daemon
from listeners.concerns import deadlines, fcm, watch
from listeners.engine import backends, health, leadership, set_aside
from tests.support.command import ROOT

UNITS = {
    "ms": 0.001,
    "s": 1,
    "second": 1,
    "seconds": 1,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "hour": 3600,
    "hours": 3600,
}


def span(text: str) -> float:
    """The seconds of '30 seconds' or '5s'."""
    number, unit = re.fullmatch(r"(\d+)\s*(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def in_sql(path: str, *, number: int = 0) -> float:
    """The interval that a function's code names; of several the one with this number."""
    code = (ROOT / "db" / "functions" / path).read_text().split("COMMENT ON", 1)[0]
    return span(re.findall(r"interval '(\d+ \w+)'", code)[number])


def in_lua(name: str) -> float:
    """What the scripts' prelude calls so, in milliseconds."""
    [ms] = re.findall(rf"^local {name} = (\d+)", (ROOT / "app/mirror/lua/prelude.lua").read_text(), re.MULTILINE)
    return int(ms) / 1000


def of_role(role: str, number: int) -> float:
    """A limit that core.role_settings gives a role: its statement's, or (1) its transaction's that stands still."""
    code = (ROOT / "db/functions/upkeep/role_settings.sql").read_text()
    [limits] = re.findall(rf"\('{role}', \w+, '(\w+)', '(\w+)'\)", code)
    return span(limits[number])


class Row(NamedTuple):
    """Two times and what must hold between them."""

    what: str
    one: float
    relation: Callable[[float, float], bool]
    other: float
    why: str


LEASE = gateway.LEASE_MS / 1000
ROWS = [
    Row(
        "a purchase from the balance is found by its key, and the life of an Idempotency-Key",
        in_sql("payments/create_payment_request.sql"), eq, in_sql("idempotency/lock_idempotency_key.sql"),
        "a key that may be used again must not find what it bought before",
    ),
    Row(
        "a refund that succeeded is found by its key, and the life of an Idempotency-Key",
        in_sql("refunds/request_refund.sql"), eq, in_sql("idempotency/lock_idempotency_key.sql"),
        "a key that may be used again must not stand in the way of another refund",
    ),
    Row(
        "a socket's lease, and two failed renewals", LEASE, gt, 2 * socket_limits.LEASE_RENEWAL_SECONDS,
        "a living socket must not count as gone after two failed renewals",
    ),
    Row(
        "a note of a socket without a lease, and two failed notes",
        in_sql("presence/note_connected.sql"), gt, 2 * socket_limits.NOTE_SECONDS,
        "as for leases, while Valkey takes none",
    ),
    Row(
        "the mirror's sign of life, and the rounds that renew it", in_lua("KEPT_MS"), gt,
        3 * watch.SECONDS,
        "a whole mirror must not be doubted because two rounds of a second were late",
    ),
    Row(
        "the leader's lease, and a renewal that is stuck",
        leadership.LEASE_SECONDS, gt,
        leadership.RENEWAL_SECONDS + backends.LEASE_LIMIT_SECONDS,
        "a stuck renewal must end before the lease does",
    ),
    Row(
        "a bell for a deadline, and the longest sleep without one",
        in_sql("deadlines/notify_if_near.sql"), gt, deadlines.LONGEST_SLEEP.total_seconds(),
        "a deadline without a bell is found by the next look",
    ),
    Row(
        "a failed deadline is left out, and a failed extension or search", in_sql("deadlines/settle_due.sql"), eq,
        set_aside.SET_ASIDE_SECONDS, "the same rule in two places: what failed is tried again after so long",
    ),
    Row(
        "a claim of pushes, and their sending", in_sql("pushes/claim_pushes.sql"), gt, fcm.SEND_SECONDS,
        "another listener claims what is still being sent once the claim has ended",
    ),
    Row(
        "the last look of an absence that counts to its end, and how often a look is written down",
        in_sql("presence/record_absences.sql"), gt, in_sql("presence/note_presence.sql", number=1),
        "an absence that somebody watched must not lose its last seconds",
    ),
    Row(
        "a lease of an idempotency key, and two functions with the provider between them",
        in_sql("idempotency/lease_idempotency_key.sql"), gt,
        2 * database.STATEMENT_TIMEOUT_SECONDS + xendit.ATTEMPTS * (xendit.Xendit.attempt_seconds + 0.5),
        "a repeat must not begin while the first is at work",
    ),
    Row(
        "a process's statement time-out, and that of its role",
        database.STATEMENT_TIMEOUT_SECONDS, eq, of_role("halo_app", 0),
        "core.role_settings says the same for the sessions of a pooler",
    ),
    Row(
        "the work of a page of the check of the invariants, and a statement of the control centre",
        in_sql("invariants/check_pace.sql"), lt, services.InternalServices.statement_timeout / 2,
        "the last slice that a page begins has time, too",
    ),
    Row(
        "the wait for a lock, and the limit of a call of the listener",
        span(database.SESSION["lock_timeout"]), lt, backends.LIMIT_SECONDS,
        "a call that waits for a lock is refused before its connection is cut",
    ),
    Row(
        "an idle HTTP connection at uvicorn, and at our protocol",
        UVICORN["timeout_keep_alive"], eq, HttpProtocol.bounds.idle_seconds, "one of them would never be reached",
    ),
    Row(
        "the steps of an app's exit, and the exit",
        UVICORN["timeout_graceful_shutdown"] + hub.STOP_SECONDS + hub.LAST_WRITES_SECONDS + 2 * database._CLOSE_SECONDS,
        lt, 9, "each step may use its time up, when PostgreSQL is away: requests, sockets, last writes, two pools",
    ),
    Row(
        "the steps of a listener's exit, and the exit",
        daemon.LAST_BATCH_SECONDS + leadership.GIVE_BACK_SECONDS + 2 * bounded._LAST_WORDS_SECONDS
        + health.LAST_ANSWER_SECONDS + fcm.CLOSE_SECONDS,
        lt, 8,
        "each step may use its time up, when PostgreSQL and FCM say nothing: the batch, the lease, two calls that are"
        " cut, the health port, FCM's thread",
    ),
    Row(
        "the wait for a connection, and the cut of running requests at an exit",
        inspect.signature(database.Database.open).parameters["timeout"].default, lt, HttpProtocol.bounds.cut_seconds,
        "a request that waits for PostgreSQL is answered by its app before it would be cut off",
    ),
    Row(
        "the cut of running requests at an exit, and uvicorn's end of them",
        HttpProtocol.bounds.cut_seconds, lt, UVICORN["timeout_graceful_shutdown"],
        "uvicorn cancels a request, and what is cancelled is answered with 500",
    ),
    Row(
        "a call of the payment provider, and the cut of running requests at an exit",
        xendit.Xendit.call_seconds, lt, HttpProtocol.bounds.cut_seconds,
        "a request that asks the provider has time to give up its link and its key",
    ),
    Row(
        "a heartbeat made of a pong, and the next ping",
        socket_limits.PONG_BEAT_SECONDS, lt, socket_limits.PING_INTERVAL_SECONDS,
        "each ping's answer may count as a heartbeat",
    ),
    Row(
        "a transaction that stands still, at a process and at its role",
        span(database.SESSION["idle_in_transaction_session_timeout"]), eq, of_role("halo_app", 1), "as above",
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_seconds_agree(row: Row) -> None:
    assert row.relation(row.one, row.other), f"{row.what}: {row.one:g} s and {row.other:g} s: {row.why}"
