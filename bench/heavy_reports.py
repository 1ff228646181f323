"""What heavy reports of the control centre cost the accepts beside them, and how long each of them takes.

python -m bench.heavy_reports [--sessions 10000] [--days 90] [--rounds 4] [--accepts 200]

The database is that of ninety days of a market (`ninety_days.py`). Operators ask without a pause for what reads most.
One of them beside accepts at the pace of a fleet, as it is in life, compared with no other work and with a loop that
only keeps a processor busy; and two beside as many accepts as the machine can do, where all share its processors. A
list as CSV is broken off after some seconds, so that every report has its turn.
"""

import argparse
import multiprocessing
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from typing import NamedTuple, TypeVar

import httpx
import psycopg

from app.auth.tokens import Tokens
from bench.figures import SEARCHES, accepts, told
from bench.ninety_days import fill
from bench.stage import SECRET, Stage, percentile, row, stage

Found = TypeVar("Found")

ACCEPTS_A_SECOND = 20  # 1,200 sessions begin in a minute
PATIENCE_SECONDS = 5.0
READY_SECONDS = 60.0
LAST_ANSWER_SECONDS = 60.0
DASHBOARDS = 200
MONTHS = "from={months}&to={now}"
REPORTS = (
    "dashboard",
    f"dashboard/history?metric=sessions&{MONTHS}&step=hour",
    f"dashboard/history?metric=pairing_wait_p95&{MONTHS}&step=hour",
    "dashboard/history?metric=answer_time_p95&from={day}&to={now}&step=minute",
    "chat-sessions?format=csv",
    "chat-sessions?topic_sensitivity=sensitive&format=csv",
    "chat-sessions?status=failed&format=csv",
    "chat-sessions?mitra_id={mitra}&format=csv",
    "chat-sessions/{session}/timeline",
    "chat-sessions/{session}/explain-pairing",
    "payment-requests?format=csv",
    "payment-requests?refund_status=refunded&format=csv",
    "payment-requests?stuck=true",
    "refund-due",
    "webhooks?format=csv",
    "failed-pairings?format=csv",
    "failed-pairings/counts?from={week}&to={now}",
    "money",
    "money?proof=true",
    "payouts?format=csv",
    "payouts/owed?format=csv",
    "payouts/periods",
    "mitras?format=csv",
    "mitras?state=unanswering",
    "mitras/{mitra}",
    "mitras/{mitra}/timeline",
    "mitras/{mitra}/earnings?format=csv",
    "customers?format=csv",
    "customers/{customer}",
    "audit-log?format=csv",
    "system",
    "system/invariants",
)
SOMEBODY = {
    "mitra": "SELECT id FROM bench_mitras WHERE n = 7",
    "customer": "SELECT id FROM bench_customers WHERE n = 7",
    "session": "SELECT id FROM core.chat_sessions WHERE status = 'failed' LIMIT 1",
}


def operator_token(conn: psycopg.Connection, *, role: str = "super_admin") -> str:
    """The token of an operator, who may see everything unless another role is said."""
    made = conn.execute("SELECT api.create_admin('bench@example.com', 'Bench', '$argon2id$x', %s)", [role]).fetchone()
    assert made is not None
    login = conn.execute(
        "SELECT user_id, auth_session_id FROM api.open_cc_login(%s, %s, 'here')",
        [made[0]["id"], secrets.token_bytes(32)],
    ).fetchone()
    assert login is not None
    return Tokens(SECRET).issue("cc", *login)


class Answer(NamedTuple):
    """How a report was answered: its status, the seconds until it began and until it ended, and whether it ended."""

    status: int
    began: float
    seconds: float
    is_whole: bool


class Desk(NamedTuple):
    """Where an operator asks for reports, with what token, and of whom and when."""

    port: int
    token: str
    values: dict[str, str]

    def client(self) -> httpx.Client:
        """A client of the control centre, as the operator."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/internal/",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )

    def ask(self, client: httpx.Client, report: str) -> Answer:
        """Ask for a report, and read it for as long as patience lasts."""
        started = time.perf_counter()
        with client.stream("GET", report.format(**self.values)) as answer:
            began = time.perf_counter() - started
            is_whole = True
            for _ in answer.iter_raw():
                if time.perf_counter() - started > PATIENCE_SECONDS:
                    is_whole = False
                    break
        return Answer(answer.status_code, began, time.perf_counter() - started, is_whole)

    def ask_on(self, first: int, ready: Barrier, enough: Event, answers: "Queue[list[tuple[str, Answer]]]") -> None:
        """Ask for all reports, again and again, from this number on until it is enough; then hand the answers over."""
        answered: list[tuple[str, Answer]] = []
        try:
            with self.client() as client:
                ready.wait(READY_SECONDS)
                for report in cycle(REPORTS[first:] + REPORTS[:first]):
                    if enough.is_set():
                        return
                    answered.append((report, self.ask(client, report)))
        finally:
            answers.put(answered)


class Reports:
    """Operators who ask for reports, one after the other, and what they were answered."""

    def __init__(self, conn: psycopg.Connection, port: int, token: str) -> None:
        now = datetime.now(UTC)
        ago = {"now": now, "day": now - timedelta(days=1), "week": now - timedelta(days=6.9)}
        ago["months"] = now - timedelta(days=80)
        values = {name: f"{at:%Y-%m-%dT%H:%M:00Z}" for name, at in ago.items()}
        for name, query in SOMEBODY.items():
            found = conn.execute(query.encode()).fetchone()
            assert found is not None
            values[name] = str(found[0])
        self._desk = Desk(port, token, values)
        self.answers: dict[str, list[Answer]] = {report: [] for report in REPORTS}

    def ask_each(self) -> None:
        """Ask for each report once."""
        with self._desk.client() as client:
            for report in REPORTS:
                self.answers[report].append(self._desk.ask(client, report))

    @contextmanager
    def asked(self, operators: int) -> Iterator[None]:
        """So many operators ask until the block ends; each begins where the last ones have stopped.

        Each is a process of its own: threads here would take the interpreter from what the block measures.
        """
        spawn = multiprocessing.get_context("spawn")
        ready, enough, answers = spawn.Barrier(operators + 1), spawn.Event(), spawn.Queue()
        begin = sum(map(len, self.answers.values()))
        firsts = [(begin + n * len(REPORTS) // operators) % len(REPORTS) for n in range(operators)]
        asking = [
            spawn.Process(target=self._desk.ask_on, args=[first, ready, enough, answers], daemon=True)
            for first in firsts
        ]
        for operator in asking:
            operator.start()
        try:
            ready.wait(READY_SECONDS)
            yield
        finally:
            enough.set()
            for _ in asking:
                for report, answer in answers.get(timeout=LAST_ANSWER_SECONDS):
                    self.answers[report].append(answer)
            for operator in asking:
                operator.join()
        if any(operator.exitcode for operator in asking):
            raise RuntimeError("An operator of reports has failed, as it said above: this round had too few reports.")

    def table(self) -> str:
        """A row for each report: when it began and ended, alone and at worst, and what was wrong."""
        rows = ["| report | alone: ms to its beginning, to its end | at worst |", "|---|---:|---:|"]
        for report, answers in self.answers.items():
            alone, worst = answers[0], max(answers, key=lambda answer: answer.began)
            end = f"{alone.seconds * 1000:.0f}" if alone.is_whole else f"broken off after {PATIENCE_SECONDS:.0f} s"
            wrong = sorted({answer.status for answer in answers if answer.status != 200})
            said = f", status {wrong}" if wrong else ""
            rows.append(f"| `{report}` | {alone.began * 1000:.0f}, {end} | {worst.began * 1000:.0f}{said} |")
        return "\n".join(rows)


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


@contextmanager
def busy_processor() -> Iterator[None]:
    """A program keeps one processor busy, and touches neither PostgreSQL nor the app: what any other work costs."""
    program = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        program.kill()
        program.wait()


def in_turn(
    rounds: int, measure: Callable[[], Found], *besides: Callable[[], AbstractContextManager[None]]
) -> list[list[Found]]:
    """What is measured beside each of these, in rounds that have each of them once, to and fro."""
    found: list[list[Found]] = [[] for _ in besides]
    for n in range(rounds):
        for beside, measured in list(zip(besides, found, strict=True))[:: -1 if n % 2 else 1]:
            with beside():
                measured.append(measure())
    return found


def compared(without: list[list[float]], having: list[list[float]]) -> str:
    """The waits of both: median and p99 of all, and the ratio of medians in each pair of rounds."""
    medians = [[percentile(waited, 0.5) for waited in rounds] for rounds in (without, having)]
    pairs = [after / before for before, after in zip(*medians, strict=True)]
    both = [list(chain.from_iterable(rounds)) for rounds in (having, without)]
    told = [f"{percentile(waited, 0.5):.1f} / {percentile(waited, 0.99):.1f} ms" for waited in both]
    return (
        f"{told[0]} (p50 / p99), {told[1]} without (rounds {min(medians[0]):.1f} to {max(medians[0]):.1f}):"
        f" {statistics.median(pairs):.2f} (pairs {min(pairs):.2f} to {max(pairs):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--accepts", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=10_000, help="sessions a day")
    parser.add_argument("--days", type=int, default=90)
    arguments = parser.parse_args()
    with stage() as on, on.connect() as conn:
        on.pairs(300)
        conn.execute("UPDATE core.app_config SET value = '20' WHERE key = 'mitra_max_sessions'")
        started = time.perf_counter()
        fill(on.connect, sessions=arguments.sessions, days=arguments.days)
        print(f"Made in {time.perf_counter() - started:.0f} s.", flush=True)
        token = operator_token(conn)
        with on.serving("internal", "halo_cc", "INTERNAL_PORT", AUTH_JWT_SECRET=SECRET) as port:
            measure(on, conn, Reports(conn, port, token), arguments)


def measure(on: Stage, conn: psycopg.Connection, reports: Reports, arguments: argparse.Namespace) -> None:
    """Measure the dashboard, each report alone, and accepts beside reports."""
    command = "python -m bench.heavy_reports"
    size = f"{arguments.days} days of {arguments.sessions} sessions"
    print(row(f"the dashboard, {size}", command, dashboards(conn)))
    reports.ask_each()
    accepts(on, conn, 100)  # once for warmth
    alone, operator, busy = in_turn(
        arguments.rounds,
        lambda: waits(conn, arguments.accepts),
        nullcontext,
        lambda: reports.asked(1),
        busy_processor,
    )
    none, two = in_turn(
        arguments.rounds, lambda: accepts(on, conn, arguments.accepts), nullcontext, lambda: reports.asked(2)
    )
    accepted = f"{ACCEPTS_A_SECOND} accepts/s"
    print(row(f"{accepted} beside one operator of reports of {size}", command, compared(alone, operator)))
    print(row(f"{accepted} beside a loop of Python on one processor", command, compared(alone, busy)))
    print(row(f"{accepted} beside that operator; without = beside that loop", command, compared(busy, operator)))
    print(
        row(
            f"accepts, as many as can be, beside two operators of reports of {size}",
            command,
            told(none, two, "accepts/s"),
        )
    )
    print(reports.table())


def dashboards(conn: psycopg.Connection) -> str:
    """How long PostgreSQL takes for the dashboard."""
    times = []
    for _ in range(DASHBOARDS):
        started = time.perf_counter()
        conn.execute("SELECT api.dashboard()")
        times.append(time.perf_counter() - started)
    return f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.1f} ms (p50 / p99)"


if __name__ == "__main__":
    main()
