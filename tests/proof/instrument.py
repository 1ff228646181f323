"""The functions of a test's database made to stop where a controller can step them, on a clock that it moves.

Before every statement that takes a row lock, and before the first write of a transaction, a call of `proof.step` is put
into the stored code of every function of ours. The places are found by reading that code, so none can be forgotten.
Whoever is not stepped passes them without noticing. The same goes for time: `clock_timestamp()` becomes a clock that
stands still until it is moved, `now()` what that clock said when the transaction began, and new ids come one after the
other, so that the same steps lead to the same rows.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

_SETUP = Path(__file__).with_name("stepping.sql")

# A row lock, asked for, or taken by an upsert.
_LOCK = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+UPDATE|UPDATE|SHARE|KEY\s+SHARE)\b|\bON\s+CONFLICT\b[^;]*?\bDO\s+UPDATE\b", re.IGNORECASE
)
_WRITE = re.compile(
    r"\b(INSERT)\s+INTO\s+core\s*\.\s*(\w+)|\b(?:DELETE\s+FROM|UPDATE)\s+core\s*\.\s*(\w+)", re.IGNORECASE
)
_REPLACED = (
    (re.compile(r"\bgen_random_uuid\(\)", re.IGNORECASE), "proof.new_id()"),
    (re.compile(r"\b(?:clock_timestamp|statement_timestamp)\(\)", re.IGNORECASE), "proof.clock()"),
    (re.compile(r"\bnow\(\)|\btransaction_timestamp\(\)|\bcurrent_timestamp\b", re.IGNORECASE), "proof.began()"),
)
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\w+|\s+|.", re.DOTALL)
_NO_CODE = ("--", "/*")
# What begins a statement of PL/pgSQL that has others in it, and the word that ends its head.
_HEADS = {"IF": "THEN", "ELSIF": "THEN", "WHEN": "THEN", "CASE": "WHEN", "FOR": "LOOP", "WHILE": "LOOP"}
_BRACKETS = ("BEGIN", "ELSE", "LOOP", "EXCEPTION")


def set_up(conn: Connection) -> None:
    """Make the schema `proof`, and let every function and every default of ours follow it."""
    conn.execute(_SETUP.read_bytes())
    for table, column, default in conn.execute(
        """
        SELECT format('%I.%I', n.nspname, c.relname), a.attname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attrdef AS d
        JOIN pg_class AS c ON c.oid = d.adrelid AND NOT c.relispartition
        JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'core'
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.adnum
        """
    ).fetchall():
        if (followed := _followed(default)) != default:
            conn.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {followed}".encode())
    instrument(conn)


def instrument(conn: Connection, only: str | None = None) -> None:
    """Put the stops into every function of ours, or only into those of one name."""
    keyed: dict[str, bool] = dict(conn.execute("SELECT name, by_update FROM proof.keyed").fetchall())
    for name, body, definition, is_plpgsql in conn.execute(
        """
        SELECT p.oid::regproc::text, p.prosrc, pg_get_functiondef(p.oid), l.lanname = 'plpgsql'
        FROM pg_proc AS p
        JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname IN ('plpgsql', 'sql')
        WHERE p.pronamespace = ANY ('{core,api,ops}'::regnamespace[]) AND p.prokind = 'f'
            AND p.proname = coalesce(%s, p.proname)
        """,
        [only],
    ).fetchall():
        conn.execute(definition.replace(body, stepped(name, body, keyed, is_plpgsql=is_plpgsql)).encode())


def stepped(name: str, body: str, keyed: Mapping[str, bool], *, is_plpgsql: bool) -> str:
    """The body of a function with its stops, following the clock and the ids of the proof.

    `keyed`: the tables with keys that two transactions may both want, and whether an update is enough for that.
    """
    parts, last, seen = [], 0, 0
    for number, (position, text) in enumerate(_statements(body, is_plpgsql=is_plpgsql), 1):
        locks, writes = len(_LOCK.findall(text)), _WRITE.findall(text)
        if locks or writes:
            keys_of = " ".join(
                table for insert, into, of in writes if (table := into or of) in keyed and (insert or keyed[table])
            )
            call = "PERFORM" if is_plpgsql else "SELECT"
            stop = f"{call} proof.step('{name}:{number}', {'true' if locks else 'false'}, '{keys_of}'); "
            parts += [body[last:position], stop]
            last, seen = position, seen + locks
    code = "".join(token for token in _TOKEN.findall(body) if not token.startswith((*_NO_CODE, "'")))
    assert len(_LOCK.findall(code)) == seen, f"{name} takes a lock where no stop was put"
    return _followed("".join((*parts, body[last:])))


def _followed(code: str) -> str:
    for found, replacement in _REPLACED:
        code = found.sub(replacement, code)
    return code


def _statements(body: str, *, is_plpgsql: bool) -> Iterator[tuple[int, str]]:
    """The statements, without those they are made of: where each begins, and its code or that of its head."""
    tokens = [
        (match.start(), match[0])
        for match in _TOKEN.finditer(body)
        if not match[0].isspace() and not match[0].startswith(_NO_CODE)
    ]
    words = [word.upper() for _, word in tokens]
    position = words.index("BEGIN") if is_plpgsql else 0  # what is declared takes locks only in functions that it calls
    while position < len(tokens):
        first, began = words[position], position
        position += 1
        if is_plpgsql and first in _BRACKETS:
            continue
        end = _HEADS.get(first, ";") if is_plpgsql else ";"
        depth = cases = 0
        while position < len(tokens) and not (words[position] == end and depth == cases == 0):
            depth += (words[position] == "(") - (words[position] == ")")
            cases += (words[position] == "CASE" and first != "END") - (words[position] == "END" and cases > 0)
            position += 1
        code = (word for _, word in tokens[began:position] if not word.startswith("'"))
        yield tokens[began][0], " ".join(code)
        position += end != "WHEN"  # which begins the first branch
