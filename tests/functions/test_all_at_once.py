"""Every function that changes something against all the others, on few rows: no deadlock, and all is well after it."""

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.functions.people import People

SECONDS = 20.0
CONNECTIONS = 10
MITRAS = 4
CUSTOMERS = 10

PUSH_OUTCOMES = ["sent", "connected", "unregistered", "refused", "failed", "unknown"]

Row = tuple[Any, ...]


class Player:
    """One connection that does things at random. It looks for what to do without locks, as the apps do."""

    def __init__(self, conn: psycopg.Connection, seed: int, mitras: list[UUID], customers: list[UUID]) -> None:
        self._conn = conn
        self._chance = random.Random(seed)
        self._mitras = mitras
        self._customers = customers
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []

    def play(self, until: float) -> None:
        """Do one thing after the other."""
        names = list(MOVES)
        weights = [weight for weight, _ in MOVES.values()]
        while time.monotonic() < until:
            name = self._chance.choices(names, weights)[0]
            try:
                self.done[f"{name}: {MOVES[name][1](self)}"] += 1
            except psycopg.Error as error:
                state = error.sqlstate or ""
                self.done[f"{name}: {error.diag.message_primary if state.startswith('PT4') else state}"] += 1
                if not state.startswith("PT4"):
                    self.faults.append(f"{name}: {state} {error}")

    def mitra(self) -> UUID:
        return self._chance.choice(self._mitras)

    def customer(self) -> UUID:
        return self._chance.choice(self._customers)

    def number(self, low: int, high: int) -> int:
        return self._chance.randint(low, high)

    def row(self, query: LiteralString, *params: object) -> Row | None:
        return self._conn.execute(query, params).fetchone()

    def call(self, query: LiteralString, *params: object) -> str:
        """What the first column says, or `nothing` without a row."""
        row = self.row(query, *params)
        return "nothing" if row is None else str(row[0])

    def on(self, find: LiteralString, then: LiteralString) -> str:
        """Call `then` with a row that `find` comes across."""
        found = self.row(find)
        return "nobody" if found is None else self.call(then, *found)

    def dispatch(self) -> str:
        """What a dispatcher does, in one transaction."""
        with self._conn.transaction():
            claimed = self._conn.execute("SELECT recipient, seq FROM api.claim_events(50)").fetchall()
            taken: dict[str, int] = dict(claimed)
            self._conn.execute(
                "SELECT api.confirm_dispatched(%s::text[], %s::bigint[])", [list(taken), list(taken.values())]
            )
        return "some" if taken else "none"

    def push(self) -> str:
        """What a pusher does: claim, send, record what FCM said, which may have been anything."""
        claimed = self._conn.execute("SELECT push_id, claim FROM api.claim_pushes(50)").fetchall()
        outcomes = [
            {"push_id": str(push_id), "claim": claim, "outcome": self._chance.choice(PUSH_OUTCOMES)}
            for push_id, claim in claimed
        ]
        self._conn.execute("SELECT * FROM api.record_pushes(%s)", [Jsonb(outcomes)])
        return "some" if claimed else "none"

    def log_in_mitra(self) -> str:
        """A code, a login, now and then a refresh and a logout."""
        phone = self.call("SELECT phone FROM core.mitras WHERE id = %s", self.mitra())
        token = secrets.token_bytes(16)
        self.call("SELECT api.request_otp(%s, 'mitra', 'code')", phone)
        login = self.row("SELECT refusal, auth_session_id FROM api.verify_otp(%s, 'mitra', 'code', %s)", phone, token)
        assert login is not None
        if login[0] is None and self.number(0, 1):
            self.call("SELECT refusal FROM api.refresh_login(%s, %s)", token, secrets.token_bytes(16))
        if login[0] is None and self.number(0, 1):
            self.call("SELECT api.logout(%s)", login[1])
        return str(login[0] or "in")

    def time_passes(self) -> str:
        """Something has become due: one row, which nobody is busy with, as time does it."""
        what, query = self._chance.choice(list(PASSING.items()))
        with self._conn.transaction():
            return f"{what} {self.call(query) != 'nothing'}"


def move(query: LiteralString, *params: Callable[[Player], object]) -> Callable[[Player], str]:
    """A move that makes one call."""
    return lambda player: player.call(query, *(param(player) for param in params))


def move_on(find: LiteralString, then: LiteralString) -> Callable[[Player], str]:
    """A move that makes a call about a row it finds first."""
    return lambda player: player.on(find, then)


def one_of(table: LiteralString, where: LiteralString, key: LiteralString = "id") -> LiteralString:
    """The key of some row that nobody is busy with, locked."""
    return f"SELECT {key} FROM core.{table} WHERE {where} ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"


PASSING: Mapping[str, LiteralString] = {
    "clock": f"""
        WITH one AS ({one_of("chat_sessions", "status = 'active'")}),
        silent AS (DELETE FROM core.session_warnings WHERE session_id IN (SELECT id FROM one))
        UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id IN (SELECT id FROM one) RETURNING id
    """,
    "warning": f"""
        WITH one AS ({one_of("chat_sessions", "status = 'active'")}),
        moved AS (
            UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1 minute'
            WHERE id IN (SELECT id FROM one) RETURNING id, expires_at)
        UPDATE core.session_warnings AS warning SET due_at = moved.expires_at - make_interval(secs => warning.seconds)
        FROM moved WHERE moved.id = warning.session_id RETURNING warning.session_id
    """,
    "grace": f"""
        UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp()
        WHERE id IN ({one_of("chat_sessions", "status = 'closing'")}) RETURNING id
    """,
    "pairing": f"""
        UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp()
        WHERE id IN ({one_of("chat_sessions", "status = 'searching'")}) RETURNING id
    """,
    "offer": f"""
        UPDATE core.pairing_offers SET expires_at = clock_timestamp()
        WHERE id IN ({one_of("pairing_offers", "status = 'offered'")}) RETURNING id
    """,
    "link": f"""
        UPDATE core.payment_requests SET expires_at = clock_timestamp()
        WHERE id IN ({one_of("payment_requests", "status = 'pending'")}) RETURNING id
    """,
    "delivery": f"""
        UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '1 hour'
        WHERE id IN ({one_of("payment_requests", "status = 'confirmed' AND is_extension")}) RETURNING id
    """,
    "answer": f"""
        UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '11 seconds'
        WHERE id IN ({one_of("session_extensions", "status = 'pending'")}) RETURNING id
    """,
    "heartbeat": f"""
        UPDATE core.mitra_online_status SET last_heartbeat_at = '-infinity', last_online_at = '-infinity'
        WHERE mitra_id IN ({one_of("mitra_online_status", "is_online", "mitra_id")}) RETURNING mitra_id
    """,
}

SOME_LINK: LiteralString = (
    "SELECT id FROM core.payment_requests WHERE status IN ('pending', 'expired', 'cancelled') ORDER BY random() LIMIT 1"
)
SOME_OFFER: LiteralString = (
    "SELECT id, mitra_id FROM core.pairing_offers ORDER BY status = 'offered' DESC, random() LIMIT 1"
)
SOME_SESSION: LiteralString = (
    "SELECT id, customer_id FROM core.chat_sessions ORDER BY core.is_open(status) DESC, random() LIMIT 1"
)
WAITING: LiteralString = "SELECT session_id FROM api.waiting_sessions() ORDER BY random() LIMIT 1"

# name → how often, and what
MOVES: Mapping[str, tuple[int, Callable[[Player], str]]] = {
    "go_online": (8, move("SELECT api.go_online(%s) ->> 'is_online'", Player.mitra)),
    "go_offline": (2, move("SELECT api.go_offline(%s) ->> 'is_online'", Player.mitra)),
    "deactivate_mitra": (1, move("SELECT api.deactivate_mitra(%s) ->> 'is_active'", Player.mitra)),
    "activate_mitra": (3, move("SELECT api.activate_mitra(%s) ->> 'is_active'", Player.mitra)),
    "record_heartbeat": (2, move("SELECT api.record_heartbeat(%s) IS NOT NULL", Player.mitra)),
    "copy_heartbeats": (
        2,
        move_on(
            "SELECT array_agg(mitra_id), array_agg(clock_timestamp()) FROM core.mitra_online_status",
            "SELECT api.copy_heartbeats(%s, %s)",
        ),
    ),
    "auto_offline": (
        1,
        move_on(
            "SELECT array_agg(mitra_id) FROM core.mitra_online_status", "SELECT count(*) FROM api.auto_offline(%s)"
        ),
    ),
    "create_payment_request": (
        10,
        move(
            "SELECT api.create_payment_request(%s, (SELECT id FROM core.price_packages WHERE NOT is_extension"
            " ORDER BY random() LIMIT 1), p_anyone_available => true) ->> 'status'",
            Player.customer,
        ),
    ),
    "create_payment_request for an extension": (
        5,
        move_on(
            "SELECT customer_id, id FROM core.chat_sessions WHERE status = 'active' ORDER BY random() LIMIT 1",
            "SELECT api.create_payment_request(%s, (SELECT id FROM core.price_packages WHERE is_extension LIMIT 1),"
            " true, %s) ->> 'status'",
        ),
    ),
    "request_extension": (
        8,
        move_on(
            "SELECT session_id, customer_id, duration_minutes, amount, id FROM core.payment_requests"
            " WHERE is_extension AND status = 'confirmed' ORDER BY random() LIMIT 1",
            "SELECT api.request_extension(%s, %s, %s, %s, %s) ->> 'status'",
        ),
    ),
    "respond_to_extension": (
        8,
        move_on(
            "SELECT extension.id, session.id, session.mitra_id, random() < 0.6"
            " FROM core.session_extensions AS extension"
            " JOIN core.chat_sessions AS session ON session.id = extension.session_id"
            " ORDER BY extension.status = 'pending' DESC, random() LIMIT 1",
            "SELECT api.respond_to_extension(%s, %s, %s, %s) ->> 'status'",
        ),
    ),
    "settle_extension": (
        2,
        move_on(
            "SELECT extension_id, random() < 0.5 FROM api.due_extensions() ORDER BY random() LIMIT 1",
            "SELECT api.settle_extension(%s, %s) ->> 'status'",
        ),
    ),
    "confirm_payment": (12, move_on(SOME_LINK, "SELECT api.confirm_payment(%s) ->> 'status'")),
    "cancel_payment_request": (
        2,
        move_on(
            "SELECT id, customer_id FROM core.payment_requests WHERE status = 'pending' ORDER BY random() LIMIT 1",
            "SELECT api.cancel_payment_request(%s, %s) ->> 'status'",
        ),
    ),
    "expire_stale_payment_requests": (
        1,
        move("SELECT expired + failed + reconciled > 0 FROM api.expire_stale_payment_requests()"),
    ),
    "blast": (
        6,
        move_on(
            "SELECT session_id, (SELECT array_agg(mitra_id) FROM core.mitra_online_status) FROM api.waiting_sessions()"
            " ORDER BY random() LIMIT 1",
            "SELECT count(*) FROM api.blast(%s, %s)",
        ),
    ),
    "blast by PostgreSQL's own choice": (3, move_on(WAITING, "SELECT count(*) FROM api.blast(%s)")),
    "accept_offer": (14, move_on(SOME_OFFER, "SELECT api.accept_offer(%s, %s) ->> 'status'")),
    "decline_offer": (4, move_on(SOME_OFFER, "SELECT api.decline_offer(%s, %s) ->> 'status'")),
    "cancel_session": (2, move_on(SOME_SESSION, "SELECT api.cancel_session(%s, %s) ->> 'status'")),
    "end_session": (4, move_on(SOME_SESSION, "SELECT api.end_session(%s, 'customer', %s) ->> 'status'")),
    "end_session by its mitra": (
        2,
        move_on(
            "SELECT id, mitra_id FROM core.chat_sessions WHERE mitra_id IS NOT NULL ORDER BY created_at DESC LIMIT 1",
            "SELECT api.end_session(%s, 'mitra', %s) ->> 'status'",
        ),
    ),
    "set_topic_sensitivity": (
        1,
        move_on(
            "SELECT id, mitra_id FROM core.chat_sessions WHERE mitra_id IS NOT NULL ORDER BY random() LIMIT 1",
            "SELECT api.set_topic_sensitivity(%s, %s, 'sensitive') ->> 'topic_sensitivity'",
        ),
    ),
    "rate_session": (1, move_on(SOME_SESSION, "SELECT api.rate_session(%s, %s, 5) ->> 'rating'")),
    "run_due": (10, move("SELECT kind FROM api.run_due(20) LIMIT 1")),
    "dispatch": (5, Player.dispatch),
    "push": (2, Player.push),
    "register a device": (
        1,
        move(
            "SELECT api.register_push_token('mitra', %s, 'device-' || %s)::text || 'done'",
            Player.mitra,
            lambda player: player.number(1, 20),
        ),
    ),
    "register a customer's device": (
        1,
        move(
            "SELECT api.register_push_token('customer', %s, 'device-' || %s)::text || 'done'",
            Player.customer,
            lambda player: player.number(1, 20),
        ),
    ),
    "forget a device": (
        1,
        move(
            "SELECT api.forget_push_token('customer', %s, 'device-' || %s)::text || 'done'",
            Player.customer,
            lambda player: player.number(1, 20),
        ),
    ),
    "log in": (2, Player.log_in_mitra),
    "time passes": (14, Player.time_passes),
    "set mitra_max_sessions": (
        1,
        move(
            "SELECT api.set_config('mitra_max_sessions', to_jsonb(%s::integer), 'test') ->> 'key'",
            lambda player: player.number(1, 3),
        ),
    ),
    "set pairing_before_payment": (
        1,
        move(
            "SELECT api.set_config('pairing_before_payment', to_jsonb(%s = 1), 'test') ->> 'key'",
            lambda player: player.number(0, 1),
        ),
    ),
    "maintain": (1, move("SELECT cardinality(api.maintain_partitions()) || api.prune()::text")),
    "change own maximum": (
        1,
        move(
            "UPDATE core.mitras SET max_sessions = %s WHERE id = %s RETURNING 'changed'",
            lambda player: player.number(1, 4),
            Player.mitra,
        ),
    ),
}

# What must have happened at least once, or else the run has shown nothing.
MUST_HAPPEN = {
    "accept_offer: active",
    "accept_offer: pending_payment",
    "accept_offer: OFFER_TAKEN",
    "accept_offer: CAPACITY_FULL",
    "cancel_session: cancelled",
    "confirm_payment: confirmed",
    "confirm_payment: consumed",
    "confirm_payment: failed",
    "deactivate_mitra: false",
    "decline_offer: declined",
    "end_session: completed",
    "log in: in",
    "request_extension: pending",
    "respond_to_extension: accepted",
    "run_due: closure",
    "run_due: expiry",
    "run_due: extension",
    "run_due: offer",
    "run_due: pairing",
    "run_due: payment",
    "run_due: withdrawal",
    "dispatch: some",
    "push: some",
}


@pytest.mark.timeout(180)
def test_everything_against_everything_deadlocks_never_and_keeps_every_promise(
    people: People, database_url: str, conn: psycopg.Connection
) -> None:
    people.set("missed_offers_before_offline", 3)
    people.set("closure_grace_seconds", 1)
    mitras = [people.mitra() for _ in range(MITRAS)]
    customers = [people.customer() for _ in range(CUSTOMERS)]
    people.package(price=10000, first_session_price=4000)
    conn.execute(
        "INSERT INTO core.price_packages (name, duration_minutes, price, is_extension) VALUES ('More', 10, 5000, true)"
    )
    start = threading.Barrier(CONNECTIONS)

    def run(seed: int) -> Player:
        with psycopg.connect(database_url, autocommit=True) as own:
            own.execute("SET statement_timeout = '20s'")
            player = Player(own, seed, mitras, customers)
            start.wait()
            player.play(time.monotonic() + SECONDS)
            return player

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        players = list(threads.map(run, range(CONNECTIONS)))

    done = sum((player.done for player in players), Counter[str]())
    assert [fault for player in players for fault in player.faults] == []
    assert {what for what in MUST_HAPPEN if not done[what]} == set(), done
    people.assert_all_is_well()
    people.settle()
    people.assert_all_is_well()
    over = people.column(
        "SELECT session_id FROM core.pairing_offers WHERE status = 'accepted'"
        " GROUP BY session_id, round HAVING count(*) > 1"
    )
    assert over == []
