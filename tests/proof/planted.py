"""Bugs as they are made: each is planted into the functions of a database in turn, and must be caught.

`python -m tests.proof.planted` plants them all, in databases of its own, and prints what caught each.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family
from tests.proof import instrument
from tests.proof.interleavings import BrokenError, Explorer
from tests.proof.machine import play
from tests.proof.situations import SITUATIONS
from tests.proof.stage import Stage, pairs
from tests.support.servers import fill_template

FUNCTIONS = Path(__file__).parents[2] / "db" / "functions"
SEED = 1
EXAMPLES = 200
STEPS = 50
SWITCHES = 2
"""How often an order must leave a call that can go on, for every bug to be caught."""

Connection = psycopg.Connection[Any]

_WORD = re.compile(r"\w+|[^\w\s]")
_BETWEEN_WORDS = r"(?:\s|--[^\n]*\n)*"


@dataclass(frozen=True)
class Bug:
    """A function with a mistake: its file, what is replaced there by what, and in which situations that shows.

    What is replaced is found by its words: line breaks and comments between them do not count.
    A bug without situations shows when the state machine plays.
    """

    name: str
    file: str
    right: str
    wrong: str
    situations: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The file with the mistake; AssertionError when what is to be replaced is not there any more."""
        text = (FUNCTIONS / self.file).read_text()
        found = list(re.finditer(_BETWEEN_WORDS.join(map(re.escape, _WORD.findall(self.right))), text))
        assert len(found) == 1, f"{self.file} has this {len(found)} times:\n{self.right}"
        return text[: found[0].start()] + self.wrong + text[found[0].end() :]


@dataclass(frozen=True)
class Catch:
    """What caught a bug, after how much, and what it said."""

    by: str
    after: str
    words: str


BUGS = (
    Bug(
        "the row lock of the session is gone",
        "sessions/lock_for_command.sql",
        "ANY (p_session_ids) ORDER BY id FOR NO KEY UPDATE);",
        "ANY (p_session_ids) ORDER BY id);",
        ("two_running_with_one_mitra",),
    ),
    Bug(
        "the mitra is locked before the session",
        "sessions/end_session.sql",
        """
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF p_user_type IS DISTINCT""",
        """
    PERFORM core.lock_mitra(p_user_id) WHERE p_user_type = 'mitra';
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF p_user_type IS DISTINCT""",
        ("active",),
    ),
    Bug(
        "the clock is read before the lock",
        "extensions/request_extension.sql",
        """
    PERFORM core.lock_for_command(ARRAY[p_session_id], ARRAY[p_extension_payment_request_id]);
    PERFORM core.credit_absences(ARRAY[p_session_id], clock_timestamp());
    v_found := core.read_session(p_session_id);
    v_now := clock_timestamp();
""",
        """
    v_now := clock_timestamp();
    PERFORM core.lock_for_command(ARRAY[p_session_id], ARRAY[p_extension_payment_request_id]);
    PERFORM core.credit_absences(ARRAY[p_session_id], clock_timestamp());
    v_found := core.read_session(p_session_id);
""",
        ("closing",),
    ),
    Bug(
        "the deadline is judged by now()",
        "pairing/require_open.sql",
        "p_offer.expires_at <= clock_timestamp()",
        "p_offer.expires_at <= now()",
        ("offered_to_two",),
    ),
    Bug(
        "the extension is not read again once it is locked",
        "extensions/settle_extension.sql",
        """
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF v_extension.status""",
        """
    IF v_extension.status""",
        ("extending_past_its_deadline",),
    ),
    Bug(
        "the payment is not read again once it is locked",
        "payments/cancel_payment_request.sql",
        """
    v_events := core.lock_payment(v_payment.id);
    v_payment := core.find_payment(p_payment_request_id, p_customer_id);
""",
        """
    v_events := core.lock_payment(v_payment.id);
""",
        ("unpaid_links_at_the_first_price",),
    ),
    Bug(
        "a repeated confirmation counts again",
        "payments/confirm_payment.sql",
        "IF v_payment.confirmed_at IS NULL THEN",
        "IF true THEN",
        ("pending_payment",),
    ),
    Bug(
        "a webhook's key may come twice",
        "webhooks/receive_webhook.sql",
        "    ON CONFLICT (provider, receipt_key) DO NOTHING;",
        "    ;",
        ("provider_says_paid",),
    ),
    Bug(
        "whoever pays is not locked",
        "payments/lock_business.sql",
        "ANY (p_customer_ids) ORDER BY id FOR NO KEY UPDATE;",
        "ANY (p_customer_ids) ORDER BY id;",
        ("unpaid_links_at_the_first_price",),
    ),
    Bug(
        "the first price is not asked about",
        "payments/take_money.sql",
        "p_payment.is_first_session_discount AND core.discount_used(p_payment.customer_id)",
        "false",
        ("links_after_the_first_session",),
    ),
    Bug(
        "the capacity is judged without the mitra's lock",
        "pairing/lock_offer.sql",
        """
    PERFORM core.lock_mitra(p_mitra_id);
""",
        "\n",
        ("two_sessions_for_one_slot",),
    ),
    Bug(
        "an extension from closing takes a slot without asking",
        "extensions/request_extension.sql",
        "IF v_session.status = 'closing' THEN ",
        "IF false THEN ",
        ("closing_and_an_offer_for_one_slot",),
    ),
    Bug(
        "the capacity is recounted without the mitra's lock",
        "mirror/recount_mitras.sql",
        """
    PERFORM core.lock_mitras(v_ids);
""",
        "\n",
        ("two_running_with_one_mitra",),
    ),
    Bug(
        "the capacity goes one up or one down instead of being recounted",
        "mirror/recount_mitras.sql",
        "SET capacity = counted.capacity,",
        "SET capacity = load.capacity + sign(counted.capacity - load.capacity)::integer,",
        ("two_past_their_end_with_one_mitra",),
    ),
    Bug(
        "offers are made without a lock on the mitras",
        "pairing/blast.sql",
        "ORDER BY mitra.id FOR SHARE SKIP LOCKED);",
        "ORDER BY mitra.id);",
        ("searching",),
    ),
    Bug(
        "the other offers are not rescinded",
        "pairing/accept_offer.sql",
        "WHERE session_id = v_offer.session_id AND status = 'offered'), 'rescinded')",
        "WHERE false), 'rescinded')",
        ("offered_to_two",),
    ),
    Bug(
        "the payment is kept when the extension is asked for",
        "extensions/request_extension.sql",
        """
    v_session := core.enter_extending(v_session, v_now);
""",
        """
    v_session := core.enter_extending(v_session, v_now);
    PERFORM core.consume_payment(payment)
    FROM core.payment_requests AS payment WHERE payment.id = p_extension_payment_request_id;
""",
        ("active",),
    ),
    Bug(
        "the charge is not written down",
        "payments/consume_payment.sql",
        "THEN 'extension' ELSE 'session' END, p_payment.amount);",
        "THEN 'extension' ELSE 'credit' END, p_payment.amount);",
        ("offered_to_two",),
    ),
    Bug(
        "a payment that failed owes nothing",
        "payments/owe_back.sql",
        """
    p_payment.refund_due_amount := p_payment.amount;
""",
        "\n",
        ("extending",),
    ),
    Bug(
        "both parties are told twice",
        "sessions/end_session.sql",
        "core.emit(v_events || core.settlement_events(v_session))",
        "core.emit(v_events || core.settlement_events(v_session) || core.settlement_events(v_session))",
        ("active",),
    ),
    Bug(
        "a link is expired whatever became of it meanwhile",
        "payments/expire_payments.sql",
        "AND status = 'pending' AND (p_is_closed",
        "AND (p_is_closed",
        ("provider_says_paid",),
    ),
    Bug(
        "due work waits for whoever is busy",
        "sessions/lock_whole.sql",
        """
        SELECT id FROM core.chat_sessions WHERE id = ANY (v_ids)
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);""",
        """
        SELECT id FROM core.chat_sessions WHERE id = ANY (v_ids)
        ORDER BY id FOR NO KEY UPDATE);""",
        ("active_past_its_end",),
    ),
    Bug(
        "due work waits for a held mitra",
        "sessions/lock_whole.sql",
        """
            SELECT id FROM core.mitras WHERE id = ANY (v_mitras)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);""",
        """
            SELECT id FROM core.mitras WHERE id = ANY (v_mitras)
            ORDER BY id FOR NO KEY UPDATE);""",
        ("active_past_its_end",),
    ),
    Bug(
        "due work waits for a held stream",
        "events/busy_streams.sql",
        "ORDER BY recipient FOR NO KEY UPDATE SKIP LOCKED);",
        "ORDER BY recipient FOR NO KEY UPDATE);",
        ("links_past_their_end",),
    ),
    Bug(
        "a wave waits for a held candidate",
        "pairing/blast.sql",
        "ORDER BY mitra.id FOR SHARE SKIP LOCKED);",
        "ORDER BY mitra.id FOR SHARE);",
        ("searching",),
    ),
    Bug(
        "a login does not wait for a deactivation",
        "accounts/lock_account.sql",
        "AND mitra.id = p_user_id FOR NO KEY UPDATE;",
        "AND mitra.id = p_user_id;",
        ("mitra_alone",),
    ),
    Bug(
        "a refund that succeeded succeeds again",
        "refunds/may_settle_refund.sql",
        "    ELSE false END",
        "    ELSE p_status = 'succeeded' END",
        ("refund_under_way",),
    ),
    Bug(
        "the mitra a session was taken from is asked again",
        "pairing/tried_mitras.sql",
        "SELECT p_session.excluded_mitra_ids || ARRAY(",
        "SELECT ARRAY(",
    ),
    Bug(
        "what was left of the time is forgotten",
        "sessions/enter_closing.sql",
        """
    p_session.unused_seconds := floor(core.seconds_left(p_session, p_now));
""",
        "\n",
    ),
    Bug(
        "a rerouted search that fails owes nothing", "payments/owe_remaining.sql", "owed.amount > 0", "owed.amount < 0"
    ),
    Bug(
        "a session past its end is judged as running",
        "extensions/request_extension.sql",
        "v_session := core.settled(v_found, v_now);",
        "v_session := v_found;",
    ),
)


def catch(bug: Bug, explorer: Explorer, played_url: str) -> Catch | None:
    """Plant a bug where it should show; what caught it, or None."""
    return meet(bug, explorer) if bug.situations else play_on(bug, played_url)


def meet(bug: Bug, explorer: Explorer) -> Catch | None:
    """Let calls meet in the situations of a bug."""
    runs = explorer.count.runs
    with _planted(bug, explorer.control, is_stepped=True):
        for name in bug.situations:
            explorer.clear()
            stage = Stage(explorer.control)
            commands = SITUATIONS[name](stage)
            explorer.start_from_here(stage.names)
            for first, second in pairs(commands):
                try:
                    explorer.check(first, second)
                except BrokenError as broken:
                    return Catch("interleavings", f"{explorer.count.runs - runs} runs", str(broken))
    return None


def play_on(bug: Bug, url: str) -> Catch | None:
    """Let the state machine play on a database with a bug."""
    seen: Counter[str] = Counter()
    with psycopg.connect(url, autocommit=True) as conn, _planted(bug, conn, is_stepped=False):
        words = play(url, examples=EXAMPLES, steps=STEPS, seed=SEED, seen=seen)
    return None if words is None else Catch("state machine", f"{seen.total()} commands", words)


@contextmanager
def _planted(bug: Bug, conn: Connection, *, is_stepped: bool) -> Iterator[None]:
    text = bug.text
    try:
        _apply(bug, text, conn, is_stepped=is_stepped)
        yield
    finally:
        _apply(bug, (FUNCTIONS / bug.file).read_text(), conn, is_stepped=is_stepped)


def _apply(bug: Bug, text: str, conn: Connection, *, is_stepped: bool) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute(text.encode())
    if is_stepped:
        instrument.instrument(conn, Path(bug.file).stem)


def as_row(bug: Bug, catch: Catch) -> str:
    """A row of the table of planted bugs, in Markdown."""
    return f"| {bug.name} | `{bug.file.removesuffix('.sql')}` | {catch.by} | {catch.after} |"


def main() -> None:
    """Plant all bugs and print the table."""
    with TemporaryDirectory(prefix="halobestie-test-") as directory, Family() as family:
        path = Path(directory)
        server = EmbeddedPostgres(path / "data", family=family, log=path / "postgres.log", durable=False)
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as admin:
            for name in ("stepped", "played"):
                admin.execute(f"CREATE DATABASE {name}".encode())
                fill_template(host=server.host, port=server.port, user="postgres", password=None, dbname=name)
        with psycopg.connect(server.url("stepped"), autocommit=True) as conn:
            instrument.set_up(conn)
        print("| planted bug | in | caught by | after |\n|---|---|---|---|")  # noqa: T201
        with Explorer(server.url("stepped"), switches=SWITCHES) as explorer:
            for bug in BUGS:
                caught = catch(bug, explorer, server.url("played"))
                print(as_row(bug, caught or Catch("**nothing**", "all", "")), flush=True)  # noqa: T201
        server.stop()


if __name__ == "__main__":
    main()
