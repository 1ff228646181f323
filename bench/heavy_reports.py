"""What heavy reports of the control centre cost the accepts beside them.

python -m bench.heavy_reports [--rounds 5] [--accepts 400] [--sessions 2000]

Operators ask without a pause for what reads most: figures of ninety days, lists as CSV, failed pairings by hour. One of
them beside accepts at the pace of a fleet, as it is in life; and two beside as many accepts as the machine can do,
where all share its processors.
"""

import argparse
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle
from typing import TypeVar

import httpx
import psycopg

from app.auth.tokens import Tokens
from bench.figures import DAYS, SEARCHES, accepts, told
from bench.stage import SECRET, percentile, row, stage

Found = TypeVar("Found")

ACCEPTS_A_SECOND = 20  # 1,200 sessions begin in a minute
RANGE = "from={from}&to={to}"
REPORTS = (
    "/internal/dashboard",
    f"/internal/dashboard/history?metric=sessions&{RANGE}&step=hour",
    "/internal/chat-sessions?format=csv",
    "/internal/payment-requests?format=csv",
    f"/internal/failed-pairings/counts?{RANGE}",
    "/internal/money",
    "/internal/mitras?format=csv",
)


def operator_token(conn: psycopg.Connection) -> str:
    """The token of an operator who may see everything."""
    made = conn.execute("SELECT api.create_admin('bench@example.com', 'Bench', '$argon2id$x')").fetchone()
    assert made is not None
    login = conn.execute(
        "SELECT user_id, auth_session_id FROM api.open_cc_login(%s, %s, 'here')",
        [made[0]["id"], secrets.token_bytes(32)],
    ).fetchone()
    assert login is not None
    return Tokens(SECRET).issue("cc", *login)


class Reports:
    """Operators who ask for reports, one after the other."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        now = datetime.now(UTC)
        self._range = {"from": f"{now - timedelta(days=80):%Y-%m-%dT%H:00:00Z}", "to": f"{now:%Y-%m-%dT%H:00:00Z}"}
        self.answered = 0
        self.refused: set[str] = set()

    @contextmanager
    def asked(self, operators: int) -> Iterator[None]:
        """So many operators ask until the block ends."""
        enough = threading.Event()

        def ask(first: int) -> None:
            for report in cycle(REPORTS[first:] + REPORTS[:first]):
                if enough.is_set():
                    return
                answer = self._client.get(report.format(**self._range))
                if answer.is_success:
                    self.answered += 1
                else:
                    self.refused.add(f"{report}: {answer.json()['detail']}")

        threads = [threading.Thread(target=ask, args=[number]) for number in range(operators)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()


def waits(conn: psycopg.Connection, count: int) -> list[float]:
    """Accept so many offers, one each twentieth of a second: the seconds from when each was due to its answer."""
    conn.execute(SEARCHES.replace("%s", str(count)).encode())
    offers = conn.execute("SELECT offer_id, mitra_id FROM bench_offers").fetchall()
    begun, waited = time.perf_counter(), []
    for n, offer in enumerate(offers):
        due = begun + n / ACCEPTS_A_SECOND
        time.sleep(max(0, due - time.perf_counter()))
        conn.execute("SELECT api.accept_offer(%s, %s)", list(offer))
        waited.append(time.perf_counter() - due)
    return waited


def in_turn(
    reports: Reports, operators: int, rounds: int, measure: Callable[[], Found]
) -> tuple[list[Found], list[Found]]:
    """Rounds without and with so many operators, in turn."""
    found: dict[bool, list[Found]] = {False: [], True: []}
    for n in range(2 * rounds):
        has_reports = bool(n % 2) ^ bool(n // 2 % 2)  # off on on off
        if has_reports:
            with reports.asked(operators):
                found[True].append(measure())
        else:
            found[False].append(measure())
    if reports.refused or not reports.answered:
        raise RuntimeError(f"{reports.answered} reports were answered, and not these: {sorted(reports.refused)}")
    return found[False], found[True]


def compared(without: list[list[float]], having: list[list[float]]) -> str:
    """The waits of both: median and p99 of all, and the ratio of medians in each pair of rounds."""
    pairs = [percentile(after, 0.5) / percentile(before, 0.5) for before, after in zip(without, having, strict=True)]
    both = [list(chain.from_iterable(rounds)) for rounds in (having, without)]
    told = [f"{percentile(waited, 0.5):.1f} / {percentile(waited, 0.99):.1f} ms" for waited in both]
    return (
        f"{told[0]} (p50 / p99), {told[1]} without: {statistics.median(pairs):.2f}"
        f" (pairs {min(pairs):.2f} to {max(pairs):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--accepts", type=int, default=400)
    parser.add_argument("--sessions", type=int, default=2_000, help="sessions a day, for 90 days")
    arguments = parser.parse_args()
    with stage() as on, on.connect() as conn:
        on.pairs(300)
        conn.execute("UPDATE core.app_config SET value = '20' WHERE key = 'mitra_max_sessions'")
        conn.execute((DAYS.replace("%(sessions)s", str(arguments.sessions)).replace("%%", "%")).encode())
        conn.execute("SELECT api.rebuild_figures('-infinity', 'infinity')")
        conn.execute("SELECT api.fold_figures(10000000)")
        conn.execute("VACUUM ANALYZE")
        token = operator_token(conn)
        with on.serving("internal", "halo_cc", "INTERNAL_PORT", AUTH_JWT_SECRET=SECRET) as port:
            accepts(on, conn, 100)  # once for warmth
            reports = Reports(port, token)
            paced = in_turn(reports, 1, arguments.rounds, lambda: waits(conn, arguments.accepts))
            most = in_turn(reports, 2, arguments.rounds, lambda: accepts(on, conn, arguments.accepts))
    command, what = "python -m bench.heavy_reports", f"of reports of 90 days of {arguments.sessions} sessions"
    print(row(f"{ACCEPTS_A_SECOND} accepts/s beside one operator {what}", command, compared(*paced)))
    print(row(f"accepts, as many as can be, beside two operators {what}", command, told(*most, "accepts/s")))
    print(f"{reports.answered} reports were answered.")


if __name__ == "__main__":
    main()
