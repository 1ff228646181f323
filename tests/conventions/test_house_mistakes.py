"""Mistakes that this house could make again: SQL built from input, Valkey without a time-out, an early judgement.

Each rule reads source text, and finds the mistakes that are planted here.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.sources import ALL_FUNCTIONS, DB

ROOT = DB.parent
PYTHON = sorted(path for room in ("app", "listeners") for path in (ROOT / room).rglob("*.py")
                if "node_modules" not in path.parts)  # fmt: skip

# -- SQL built from input ----------------------------------------------------------------------------------------------

BUILDS_STATEMENTS = {
    "app/postgres/migrations": "its names come from the files and from the catalogue, as the database's owner",
    "app/development/supervisor.py": "the name of the embedded database is a constant",
    "listeners/engine/lookup.py": "it prepares a statement of its own once, with the type of its parameter",
}


def _is_fixed(statement: ast.expr) -> bool:
    """A literal, a constant of a module, or what mypy holds to be a LiteralString: a name or an attribute."""
    if isinstance(statement, ast.Call):  # `….encode()` hides from mypy that a string is no literal
        made = statement.func
        return isinstance(made, ast.Attribute) and (
            (made.attr == "encode" and isinstance(made.value, ast.Constant))
            or (made.attr == "format" and ast.unparse(made.value).startswith("sql.SQL('"))
        )
    return isinstance(statement, ast.Constant | ast.Name | ast.Attribute)


def built_statements(source: str) -> Iterator[str]:
    """Statements that Python puts together where it executes them."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            is_run = call.func.attr in ("execute", "executemany", "copy") and not isinstance(call.args[0], ast.Starred)
            if is_run and not _is_fixed(call.args[0]):
                yield f"line {call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize(
    "statement",
    ['f"SELECT {given}"', '"SELECT " + given', '"SELECT %s" % given', '"SELECT {}".format(given)', "given.encode()",
     'f"SELECT {given}".encode()', '("SELECT " + given).encode()'],
)  # fmt: skip
def test_a_planted_statement_of_input_is_found(statement: str) -> None:
    assert [*built_statements(f"conn.execute({statement}, [])")]


def test_a_planted_good_statement_is_none() -> None:
    assert [*built_statements('conn.execute("SELECT %s", [given]); conn.execute(_STATEMENT)')] == []


def test_python_builds_no_statement_of_input() -> None:
    found = {name: built for path in PYTHON if (built := [*built_statements(path.read_text())])
             and not (name := str(path.relative_to(ROOT))).startswith(tuple(BUILDS_STATEMENTS))}  # fmt: skip
    assert found == {}


_EXECUTE = re.compile(r"\bEXECUTE\s+(?!FUNCTION\b)(.*?)(?:;|\bLOOP\b)", re.DOTALL)
_GAP = re.compile(r"%(?:\d+\$)?s")


def raw_gaps(body: str) -> list[str]:
    """Statements of PL/pgSQL that are no literal, or are put together by `||` or by format with a bare gap (%s)."""
    strings = re.compile(r"'(?:[^']|'')*'")
    return [
        " ".join(said.split())
        for said in _EXECUTE.findall(body)
        if not said.startswith(("'", "format("))
        or "||" in strings.sub("''", said.partition("USING")[0])
        or any(map(_GAP.search, strings.findall(said)))
    ]


def test_planted_dynamic_sql_is_found() -> None:
    assert raw_gaps("EXECUTE 'DROP TABLE ' || p_name;")
    assert raw_gaps("EXECUTE format('DELETE FROM core.%s WHERE id = $1', p_name) USING p_id;")
    assert raw_gaps("EXECUTE p_statement;")
    assert raw_gaps("FOR v_row IN EXECUTE format('SELECT %1$s', p_name) LOOP END LOOP;")
    assert raw_gaps("EXECUTE format('SELECT FROM core.%I WHERE a = %L', p_name, p_a) INTO v_a USING p_id;") == []


FIXED_TEXT = {
    "api.make_data_export": "what it executes is written in core.personal_places",
    "api.prune": "what it executes is written in core.prunings",
    "core.after_migrate": "the gap is a regprocedure, which quotes itself",
    "ops.personal_data": "what it executes is written in core.personal_places",
}


def test_sql_puts_no_statement_together_without_quoting() -> None:
    found = {name: gaps for name, function in ALL_FUNCTIONS.items() if (gaps := raw_gaps(function.body))}
    assert {name: gaps for name, gaps in found.items() if name not in FIXED_TEXT} == {}


# -- a Valkey without a time-out ---------------------------------------------------------------------------------------

_CLIENTS = {"ConnectionPool", "BlockingConnectionPool", "Valkey", "ValkeyCluster", "Sentinel", "Redis", "from_url"}
_OURS = {"sentinel", "cluster"}


def endless_waits(source: str) -> Iterator[str]:
    """Clients of Valkey whose answers may never come: made without `socket_timeout`, with it None, or retried."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in _CLIENTS or (name in _OURS and isinstance(call.func, ast.Attribute)):
            passes_on = None in given and name in ("Sentinel", "ValkeyCluster")
            limit = given.get("socket_timeout")
            if not passes_on and (limit is None or (isinstance(limit, ast.Constant) and limit.value is None)):
                yield f"line {call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize(
    "call",
    ["Valkey.from_url(url)", "valkey.asyncio.Valkey(host=h)", "ConnectionPool(host=h, **options)",
     "endpoint.sentinel(ssl=True)", "ConnectionPool(socket_timeout=None)"],
)  # fmt: skip
def test_a_planted_client_without_a_time_out_is_found(call: str) -> None:
    assert [*endless_waits(call)]


def test_every_client_of_valkey_has_a_time_out() -> None:
    found = {str(path.relative_to(ROOT)): waits for path in PYTHON if (waits := [*endless_waits(path.read_text())])}
    assert found == {}
    assert len([path for path in PYTHON if "socket_timeout=" in path.read_text()]) >= 3


# -- a judgement before a lock -----------------------------------------------------------------------------------------

_ROW_LOCK = r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)\b(?!(?:\s+OF\s+\w+)?\s+(?:SKIP|NOWAIT))"
_WAITS = re.compile(rf"{_ROW_LOCK}|\bcore\.lock_\w+\(")
_CLOCK = r"(?:clock_timestamp\(\)|\bnow\(\))"


def early_judgements(body: str) -> list[str]:
    """The clock, or a row's status, that was read before the lock was waited for, and is used afterwards."""
    main = body[body.find("BEGIN") :]
    found = [f"the clock is read while it waits: {_short(said)}" for said in main.split(";")
             if re.search(_ROW_LOCK, said) and re.search(_CLOCK, said)]  # fmt: skip
    if (lock := _WAITS.search(main)) is None:
        return found
    # The statement that locks may also be the statement that reads.
    begins = main.rfind(";", 0, lock.start()) + 1
    before, after = main[:begins], main[lock.end() :]
    clocks = dict.fromkeys(re.findall(rf"\b(v_\w+)\s*:=\s*{_CLOCK}", before))
    found += [
        f"{variable} is the time before the lock"
        for variable in clocks
        if re.search(rf"\b{variable}\b", after) and not _is_set(variable, after)
    ]
    for said in before.split(";"):
        for variable in _set_in(said):
            fields = set(re.findall(rf"\b{variable}\.(status|is_active|is_online|expires_at|deadline)\b", after))
            if fields and not _is_set(variable, after):
                found.append(f"{variable} was read before the lock, and {sorted(fields)} is judged after it")
    return found


def _set_in(said: str) -> list[str]:
    into = re.search(r"\bINTO (?:STRICT )?((?:v_\w+(?:,\s*)?)+)", said)
    return re.findall(r"\b(v_\w+)\s*:=", said) + re.findall(r"v_\w+", into[1] if into else "")


def _is_set(variable: str, text: str) -> bool:
    return any(variable in _set_in(said) for said in text.split(";"))


def _short(said: str) -> str:
    return " ".join(said.split())[:120]


GOOD = """BEGIN
    v_found := core.read_session(p_id);
    PERFORM core.lock_for_command(ARRAY[p_id]);
    v_found := core.read_session(p_id);
    v_now := clock_timestamp();
    IF v_found.status <> 'active' OR v_found.expires_at < v_now THEN PERFORM core.refuse('X'); END IF;
END"""


@pytest.mark.parametrize(
    "mistake",
    [
        lambda good: good.replace("    v_found := core.read_session(p_id);\n    v_now", "    v_now"),
        lambda good: good.replace("    v_now := clock_timestamp();\n", "").replace(
            "BEGIN", "BEGIN\n    v_now := clock_timestamp();"
        ),
        lambda good: good.replace("PERFORM core", "PERFORM FROM core.t WHERE d > now() FOR UPDATE; PERFORM core"),
    ],
    ids=["a row", "the clock", "the clock in the statement that waits"],
)  # fmt: skip
def test_a_planted_early_judgement_is_found(mistake: Callable[[str], str]) -> None:
    assert early_judgements(mistake(GOOD))
    assert early_judgements(GOOD) == []


def test_nothing_is_judged_before_the_lock_was_granted() -> None:
    found = {name: early for name, function in ALL_FUNCTIONS.items() if (early := early_judgements(function.body))}
    assert found == {}
    assert sum(_WAITS.search(function.body) is not None for function in ALL_FUNCTIONS.values()) > 100


def test_no_lock_makes_foreign_keys_wait() -> None:
    assert [name for name, function in ALL_FUNCTIONS.items() if "FOR UPDATE" in function.body] == []
    assert any("FOR NO KEY UPDATE" in function.body for function in ALL_FUNCTIONS.values())


def test_what_is_excused_is_there() -> None:
    assert [place for place in BUILDS_STATEMENTS if not Path(ROOT, place).exists()] == []
    assert {name for name in FIXED_TEXT if not raw_gaps(ALL_FUNCTIONS[name].body)} == set()
