"""Every function that changes something against all the others, on few rows: no deadlock, and all is well after it."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.moves import MOVES, WHOM
from tests.support.people import People
from tests.support.sizes import IS_PROOF, share

OPERATIONS = share(4000) if IS_PROOF else 1000
"""At least so many, and on until everything has happened that must."""

SECONDS = 400.0
CONNECTIONS = 10
MITRAS = 4
CUSTOMERS = 10


class Player:
    """One connection that does things at random."""

    def __init__(self, conn: psycopg.Connection, seed: int, done: Counter[str]) -> None:
        self._conn = conn
        self._chance = random.Random(seed)
        self._done = done
        """What all have done."""
        self.faults: list[str] = []
        conn.execute(WHOM.encode())

    def play(self, until: float) -> None:
        """Do one thing after the other, until there is enough of it."""
        names = list(MOVES)
        weights = [move.weight for move in MOVES.values()]
        while time.monotonic() < until and not is_enough(self._done):
            name = self._chance.choices(names, weights)[0]
            try:
                row = self._conn.execute(MOVES[name].query.encode()).fetchone()
                self._done[f"{name}: {'nobody' if row is None else row[0]}"] += 1
            except psycopg.Error as error:
                state = error.sqlstate or ""
                self._done[f"{name}: {error.diag.message_primary if state.startswith('PT4') else state}"] += 1
                if not state.startswith("PT4"):
                    self.faults.append(f"{name}: {state} {error}")


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
    "request_extension: pending",
    "respond_to_extension: accepted",
    "run_due: closure",
    "run_due: expiry",
    "run_due: extension",
    "run_due: offer",
    "run_due: pairing",
    "run_due: payment",
    "run_due: reroute",
    "run_due: withdrawal",
    "dispatch: some",
    "claim_pushes: True",
    "record_refund: refunded",
    "reroute_session: searching",
    "receive_webhook: confirmed",
    "send_message: said",
    "verify_otp: in",
}


def is_enough(done: Counter[str]) -> bool:
    """Whether so much has happened that the run shows something."""
    return done.total() >= OPERATIONS and all(what in done for what in MUST_HAPPEN)


@pytest.mark.grows
def test_everything_against_everything_deadlocks_never_and_keeps_every_promise(
    people: People, database_url: str
) -> None:
    people.set("missed_offers_before_offline", 3)
    people.set("closure_grace_seconds", 1)
    for _ in range(MITRAS):
        people.mitra()
    for _ in range(CUSTOMERS):
        people.customer()
    people.package(price=10000, first_session_price=4000)
    people.package(price=5000, minutes=10, is_extension=True)
    start = threading.Barrier(CONNECTIONS)
    done: Counter[str] = Counter()

    def run(seed: int) -> Player:
        with psycopg.connect(database_url, autocommit=True) as own:
            own.execute("SET statement_timeout = '60s'")
            player = Player(own, seed, done)
            start.wait()
            player.play(time.monotonic() + SECONDS)
            return player

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        players = list(threads.map(run, range(CONNECTIONS)))

    assert [fault for player in players for fault in player.faults] == []
    assert {what for what in MUST_HAPPEN if what not in done} == set(), done
    people.assert_all_is_well()
    people.settle()
    people.assert_all_is_well()
    over = people.column(
        "SELECT session_id FROM core.pairing_offers WHERE status = 'accepted'"
        " GROUP BY session_id, round HAVING count(*) > 1"
    )
    assert over == []
