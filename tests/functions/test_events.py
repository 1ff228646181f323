"""The outbox with many writers and several dispatchers: gapless, in order, nothing lost."""

import random
import threading
from collections import defaultdict
from collections.abc import Callable
from uuid import uuid4

import psycopg

from tests.support.people import People
from tests.support.together import Call, together

WRITERS = 8
EACH_WRITES = 60


def emit(conn: psycopg.Connection, recipients: list[str]) -> None:
    """Tell each of them something, in one transaction."""
    conn.execute(
        "SELECT core.emit(ARRAY(SELECT ROW(recipient, 'test', '{}')::core.event FROM unnest(%s::text[]) AS recipient))",
        [recipients],
    )


def writer(seed: int, recipients: list[str], done: threading.Semaphore) -> Call[int]:
    """Emits to several recipients at a time, in an order of its own; some transactions are rolled back."""

    def write(conn: psycopg.Connection) -> int:
        chance = random.Random(seed)
        for number in range(EACH_WRITES):
            with conn.transaction(force_rollback=number % 7 == 0):
                emit(conn, chance.choices(recipients, k=chance.randint(1, 4)))
        done.release()
        return EACH_WRITES

    return write


def all_done(done: threading.Semaphore, count: int) -> bool:
    """Whether so many have released it; asked by one thread only."""
    taken = 0
    while taken < count and done.acquire(blocking=False):
        taken += 1
    for _ in range(taken):
        done.release()
    return taken == count


def test_a_reader_never_sees_a_gap_while_many_write(people: People) -> None:
    recipients = [f"customer:{uuid4()}" for _ in range(5)]
    done = threading.Semaphore(0)

    def read(conn: psycopg.Connection) -> int:
        looks = 0
        while True:
            is_last = all_done(done, WRITERS)
            gaps = conn.execute(
                "SELECT recipient, max(seq), count(*) FROM core.events GROUP BY recipient HAVING max(seq) <> count(*)"
            ).fetchall()
            assert gaps == []
            looks += 1
            if is_last:
                return looks

    outcomes = together(people.url, [*(writer(seed, recipients, done) for seed in range(WRITERS)), read])

    assert outcomes[:-1] == [EACH_WRITES] * WRITERS
    assert int(outcomes[-1]) > 1
    people.assert_all_is_well()


def test_several_dispatchers_keep_each_stream_in_order_and_lose_nothing(people: People) -> None:
    recipients = [f"mitra:{uuid4()}" for _ in range(6)]
    done = threading.Semaphore(0)
    published: dict[str, list[int]] = defaultdict(list)

    def dispatcher(seed: int) -> Call[int]:
        def dispatch(conn: psycopg.Connection) -> int:
            chance = random.Random(seed)
            rounds = 0
            looked: tuple[str | None, str | None] = (None, None)
            while True:
                is_last = all_done(done, WRITERS)
                trouble = chance.random()
                with conn.transaction(force_rollback=trouble < 0.1):  # Valkey took it, and nobody could write that down
                    claimed = conn.execute("SELECT recipient, seq FROM api.claim_events(40, %s)", looked[:1]).fetchall()
                    if 0.1 <= trouble < 0.3:  # Valkey took a part
                        claimed = claimed[: len(claimed) // 2]
                    for recipient, seq in claimed:
                        published[recipient].append(seq)
                    taken: dict[str, int] = dict(claimed)
                    conn.execute(
                        "SELECT api.confirm_dispatched(%s::text[], %s::bigint[], %s)",
                        [list(taken), list(taken.values()), looked[0]],
                    )
                looked = next(conn.execute("SELECT since, looked FROM api.note_dispatched(%s, %s)", looked))
                rounds += 1
                if is_last and conn.execute("SELECT count(*) FROM ops.outbox").fetchone() == (0,):
                    return rounds

        return dispatch

    together(
        people.url,
        [*(writer(seed, recipients, done) for seed in range(WRITERS)), *(dispatcher(seed) for seed in range(3))],
    )

    assert set(published) == set(recipients)
    for recipient, seqs in published.items():
        last = 0
        for seq in seqs:
            assert seq <= last + 1, f"{recipient} was told {seq} right after {last}"
            last = max(last, seq)
        assert last == people.value("SELECT last_seq FROM core.event_streams WHERE recipient = %s", recipient)
    people.assert_all_is_well()


def test_a_look_begins_behind_what_is_dispatched_and_sees_what_is_committed_late(
    people: People, conn: psycopg.Connection
) -> None:
    def dispatch(since: str | None) -> list[str]:
        with conn.transaction():
            claimed = conn.execute("SELECT recipient, seq FROM api.claim_events(p_since => %s)", [since]).fetchall()
            taken: dict[str, int] = dict(claimed)
            conn.execute(
                "SELECT api.confirm_dispatched(%s::text[], %s::bigint[], %s)",
                [list(taken), list(taken.values()), since],
            )
        return [recipient for recipient, _ in claimed]

    def note(since: str | None, looked: str | None) -> tuple[str | None, str]:
        return next(conn.execute("SELECT since, looked FROM api.note_dispatched(%s, %s)", [since, looked]))

    early, late, never = (f"customer:{uuid4()}" for _ in range(3))
    with psycopg.connect(people.url) as writer:
        emit(writer, [late])
        emit(conn, [early])
        since, looked = note(None, None)
        assert note(since, looked)[0] is None, "something that was seen is not dispatched"
        assert dispatch(since) == [early]
        since, looked = note(since, looked)
        assert since is not None

        # Nobody deletes this note, but it is from before: it is not looked at.
        with conn.transaction():
            conn.execute("INSERT INTO core.event_queue (recipient, xid) VALUES (%s, '3')", [never])
        assert note(since, looked)[0] == looked
        writer.commit()
        assert note(since, looked)[0] == looked, "what came later is not what was looked at"
    assert dispatch(looked) == [late]
    assert people.column("SELECT recipient FROM core.event_queue") == [never]


def test_a_stream_that_one_dispatcher_holds_is_passed_over_by_another(
    people: People, role_url: Callable[[str], str]
) -> None:
    mitra, other = people.mitra(), people.mitra()
    with (
        psycopg.connect(role_url("halo_listener")) as first,
        psycopg.connect(role_url("halo_listener"), autocommit=True) as second,
    ):
        claimed = first.execute("SELECT DISTINCT recipient FROM api.claim_events()").fetchall()
        assert sorted(claimed) == sorted([(f"mitra:{mitra}",), (f"mitra:{other}",)])
        people.value("SELECT api.go_offline(%s)", mitra)  # producers never wait for a dispatcher
        third = people.mitra()

        assert second.execute("SELECT DISTINCT recipient FROM api.claim_events()").fetchall() == [(f"mitra:{third}",)]
        first.rollback()
        told = second.execute("SELECT seq FROM api.claim_events() WHERE recipient = %s", [f"mitra:{mitra}"])
        assert told.fetchall() == [(1,), (2,)]
