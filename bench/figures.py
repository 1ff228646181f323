"""What figures cost: accepts and messages with and without counting, and the dashboard after ninety days.

python -m bench.figures [--rounds 7] [--accepts 400]
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from bench.ninety_days import fill
from bench.stage import Stage, percentile, row, stage

CONNECTIONS = 4
MESSAGES_A_CALL = 20
COUNTED = (
    "chat_messages", "chat_sessions", "customer_transactions", "deadline_runs", "pairing_failures", "pairing_offers",
    "payment_requests", "session_extensions",
)  # fmt: skip

SEARCHES: LiteralString = """
DO $$
DECLARE
    v_package uuid := (SELECT id FROM core.price_packages WHERE name = 'Bench' LIMIT 1);
    v_customer uuid;
    v_session uuid;
BEGIN
    PERFORM api.end_session(id, 'cc', NULL) FROM core.chat_sessions WHERE status = 'active';
    DROP TABLE IF EXISTS bench_offers;
    CREATE TABLE bench_offers (offer_id uuid, mitra_id uuid);
    FOR n IN 1 .. %s LOOP
        INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_customer;
        v_session := api.confirm_payment(
            (api.create_payment_request(v_customer, v_package, false, NULL, true) ->> 'id')::uuid) ->> 'session_id';
        INSERT INTO bench_offers
        SELECT offer.offer_id, offer.mitra_id FROM api.blast(v_session, ARRAY(
            SELECT mitra_id FROM core.mitra_online_status ORDER BY md5(mitra_id::text || n) LIMIT 10)) AS offer
        ORDER BY offer.offer_id LIMIT 1;
    END LOOP;
END
$$
"""


def switch(conn: psycopg.Connection, *, counting: bool) -> None:
    """Count, or leave it be, as before there were figures."""
    for table in COUNTED:
        triggers = conn.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE '\\_300\\_count%%'",
            [f"core.{table}"],
        ).fetchall()
        for (trigger,) in triggers:
            verb = "ENABLE" if counting else "DISABLE"
            conn.execute(f"ALTER TABLE core.{table} {verb} TRIGGER {trigger}".encode())


def together(on: Stage, calls: list[list[tuple[LiteralString, list[Any]]]]) -> float:
    """Run each list of calls on a connection of its own, all at once; how many calls a second."""
    begin = threading.Barrier(len(calls) + 1)

    def run(mine: list[tuple[LiteralString, list[Any]]]) -> None:
        with on.connect() as conn:
            conn.execute("SELECT")
            begin.wait()
            for query, params in mine:
                conn.execute(query, params)

    threads = [threading.Thread(target=run, args=[mine]) for mine in calls]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(map(len, calls)) / (time.perf_counter() - started)


def accepts(on: Stage, conn: psycopg.Connection, count: int) -> float:
    """So many offers accepted, each the first of ten: accepts a second."""
    conn.execute(SEARCHES.replace("%s", str(count)).encode())
    offers = conn.execute("SELECT offer_id, mitra_id FROM bench_offers").fetchall()
    calls: list[list[tuple[LiteralString, list[Any]]]] = [
        [("SELECT api.accept_offer(%s, %s)", list(offer)) for offer in offers[n::CONNECTIONS]]
        for n in range(CONNECTIONS)
    ]
    return together(on, calls)


def messages(on: Stage, sessions: list[tuple[UUID, UUID]], count: int) -> float:
    """So many calls with messages of so many sessions: messages a second."""
    query: LiteralString = "SELECT count(*) FROM api.send_messages(%s, %s, %s, %s, %s)"
    calls: list[list[tuple[LiteralString, list[Any]]]] = []
    for n in range(CONNECTIONS):
        mine = sessions[n::CONNECTIONS][:MESSAGES_A_CALL]
        who = [[session for session, _ in mine], ["mitra"] * len(mine), [mitra for _, mitra in mine]]
        stamp = time.perf_counter_ns()
        calls.append(
            [
                (query, [*who, [f"{stamp} {k}"] * len(mine), ["A sentence as people write it."] * len(mine)])
                for k in range(count // CONNECTIONS)
            ]
        )
    return together(on, calls) * MESSAGES_A_CALL


def compare(conn: psycopg.Connection, rounds: int, measure: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Rounds without and with counting, in turn: the rates of both."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    for n in range(2 * rounds):
        counting = bool(n % 2) ^ bool(n // 2 % 2)  # off on on off
        switch(conn, counting=counting)
        rates[counting].append(measure())
    switch(conn, counting=True)
    return rates[False], rates[True]


def told(without: list[float], having: list[float], unit: str) -> str:
    """The two medians and their ratio, with the ratio of each pair of rounds."""
    pairs = [after / before for before, after in zip(without, having, strict=True)]
    return (
        f"{statistics.median(having):.0f} {unit}, {statistics.median(without):.0f} without:"
        f" {statistics.median(having) / statistics.median(without):.2f}"
        f" (pairs {min(pairs):.2f} to {max(pairs):.2f}, median {statistics.median(pairs):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--accepts", type=int, default=400)
    parser.add_argument("--sessions", type=int, default=10_000, help="sessions a day, for 90 days")
    arguments = parser.parse_args()
    command = "python -m bench.figures"
    with stage() as on, on.connect() as conn:
        on.pairs(300)
        conn.execute("UPDATE core.app_config SET value = '20' WHERE key = 'mitra_max_sessions'")
        accepts(on, conn, 100)  # once for warmth
        without, having = compare(conn, arguments.rounds, lambda: accepts(on, conn, arguments.accepts))
        print(row("accepts of one of ten offers, counted in figures", command, told(without, having, "accepts/s")))

        running = conn.execute("SELECT id, mitra_id FROM core.chat_sessions WHERE status = 'active'").fetchall()
        for session, mitra in running:
            conn.execute("SELECT FROM api.send_message(%s, 'mitra', %s, 'first', 'Halo')", [session, mitra])
        without, having = compare(conn, arguments.rounds, lambda: messages(on, running, arguments.accepts))
        print(row(f"messages, {MESSAGES_A_CALL} a call, counted", command, told(without, having, "messages/s")))

        fill(on.connect, sessions=arguments.sessions)
        started = time.perf_counter()
        conn.execute("SELECT api.rebuild_figures('-infinity', 'infinity')")
        rebuilt = time.perf_counter() - started
        times = []
        for _ in range(200):
            started = time.perf_counter()
            conn.execute("SELECT api.dashboard()")
            times.append(time.perf_counter() - started)
        print(
            row(
                f"the dashboard, {arguments.sessions} sessions a day for 90 days, {len(running)} running",
                command,
                f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.1f} ms (p50 / p99);"
                f" counting all figures again took {rebuilt:.0f} s",
            )
        )


if __name__ == "__main__":
    main()
