"""Many random operations from several connections, played where the data are: no time goes into asking for each."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.support.moves import MOVES, WHOM

_PLAY = """
CREATE PROCEDURE pg_temp.play(p_moves text[], p_are_operations boolean[], p_operations integer) LANGUAGE plpgsql AS $$
DECLARE
    v_nth integer;
    v_came_of_it text;
    v_rows integer;
BEGIN
    WHILE p_operations > 0 LOOP
        v_nth := 1 + floor(random() * cardinality(p_moves));
        BEGIN
            EXECUTE 'EXECUTE ' || quote_ident(p_moves[v_nth]) INTO v_came_of_it;
            GET DIAGNOSTICS v_rows = ROW_COUNT;
        EXCEPTION WHEN OTHERS THEN
            v_came_of_it := CASE WHEN SQLSTATE LIKE 'PT4%' THEN SQLERRM ELSE 'fault ' || SQLSTATE || ' ' || SQLERRM END;
            v_rows := 1;
        END;
        IF v_rows > 0 THEN
            INSERT INTO pg_temp.played VALUES (p_moves[v_nth], v_came_of_it);
            p_operations := p_operations - p_are_operations[v_nth]::integer;
        END IF;
        COMMIT;
    END LOOP;
END
$$
"""


def is_operation(move: str) -> bool:
    """Whether a move calls a function of the API."""
    return "api." in MOVES[move].query


def play(url: str, *, operations: int, connections: int, seed: int) -> Counter[tuple[str, str]]:
    """So many operations, shared by the connections: how often each move came to what.

    A move that found nobody to do it to is not counted. What is neither an answer nor a refusal begins with `fault`.
    """
    moves = [name for name, move in MOVES.items() for _ in range(move.weight)]

    def run(nth: int) -> Counter[tuple[str, str]]:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("SET lock_timeout = '20s'")
            conn.execute("CREATE TEMP TABLE played (move text, came_of_it text)")
            conn.execute(WHOM.encode())
            conn.execute(_PLAY)
            for name, move in MOVES.items():
                conn.execute(f'PREPARE "{name}" AS {move.query}'.encode())
            conn.execute("SELECT setseed(%s)", [(seed + nth) % 1000 / 1000])
            are_operations = [is_operation(name) for name in moves]
            conn.execute("CALL pg_temp.play(%s, %s, %s)", [moves, are_operations, operations // connections])
            played = conn.execute("SELECT move, coalesce(came_of_it, ''), count(*) FROM pg_temp.played GROUP BY 1, 2")
            return Counter({(move, came_of_it): times for move, came_of_it, times in played.fetchall()})

    with ThreadPoolExecutor(connections) as threads:
        return sum(threads.map(run, range(connections)), Counter[tuple[str, str]]())
