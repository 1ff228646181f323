"""What heavy reports of the control centre cost the accepts beside them.

python -m bench.heavy_reports [--rounds 5] [--accepts 400] [--sessions 2000]

Two operators ask without a pause for what reads most: figures of ninety days, lists as CSV, failed pairings by hour.
"""

import argparse
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle

import httpx
import psycopg

from app.auth.tokens import Tokens
from bench.figures import DAYS, accepts, told
from bench.stage import SECRET, Stage, row, stage

OPERATORS = 2
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
    def asked(self) -> Iterator[None]:
        """Ask until the block ends."""
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

        threads = [threading.Thread(target=ask, args=[number]) for number in range(OPERATORS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()


def measure(on: Stage, conn: psycopg.Connection, reports: Reports, rounds: int, count: int) -> str:
    """Rounds without and with reports, in turn."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    for n in range(2 * rounds):
        has_reports = bool(n % 2) ^ bool(n // 2 % 2)  # off on on off
        if has_reports:
            with reports.asked():
                rates[True].append(accepts(on, conn, count))
        else:
            rates[False].append(accepts(on, conn, count))
    if reports.refused or not reports.answered:
        raise RuntimeError(f"{reports.answered} reports were answered, and not these: {sorted(reports.refused)}")
    return f"{told(rates[False], rates[True], 'accepts/s')}; {reports.answered} reports answered"


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
            result = measure(on, conn, Reports(port, token), arguments.rounds, arguments.accepts)
    what = f"accepts beside {OPERATORS} operators who ask for reports of 90 days of {arguments.sessions} sessions"
    print(row(what, "python -m bench.heavy_reports", result))


if __name__ == "__main__":
    main()
