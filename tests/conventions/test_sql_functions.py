"""What Python says of a function of the database is what PostgreSQL says of it."""

import re
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import psycopg
from psycopg.pq import ExecStatus

from app.sql.function import SqlFunction, is_struct, sql_functions, without_none
from tests.support.sources import FUNCTIONS

FOR_PEOPLE = {"api.confirm_payment", "api.missing_role_statements", "api.rebuild_figures"}
"""What DBAs call, and Python does not."""

PARAMETERS = """
SELECT argument.name, format_type(argument.type, NULL), argument.position > p.pronargs - p.pronargdefaults,
    coalesce(pg_get_function_arg_default(p.oid, argument.position::integer) LIKE 'NULL%%', false)
        OR obj_description(p.oid, 'pg_proc') LIKE '%%' || argument.name || ' null =%%'
FROM pg_proc AS p
CROSS JOIN LATERAL unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[])
    WITH ORDINALITY AS argument (name, type, position)
WHERE p.oid = %s::regproc AND p.pronargs > 0
"""
PYTHON: dict[str, Any] = {
    "bigint": int,
    "boolean": bool,
    "bytea": bytes,
    "double precision": float,
    "integer": int,
    "interval": timedelta,
    "text": str,
    "text[]": list[str],
    "timestamp with time zone": datetime,
    "uuid": UUID,
    "uuid[]": list[UUID],
    "void": NoneType,
}
"""What a value of each type is in Python."""


def test_python_calls_each_function_once_but_for_those_that_people_call() -> None:
    called = [function.name for function in sql_functions()]

    assert sorted([*called, *FOR_PEOPLE]) == sorted(name for name in FUNCTIONS if name.startswith("api."))


def test_python_gives_each_parameter_its_type_and_leaves_out_only_those_with_a_default(
    conn: psycopg.Connection,
) -> None:
    wrong = {}
    for function in sql_functions():
        there = conn.execute(PARAMETERS, [function.name]).fetchall()
        types = {name: type_.replace("timestamp with time zone", "timestamptz") for name, type_, _, _ in there}
        needed = {name for name, _, has_default, _ in there if not has_default}
        if not (function.parameters.items() <= types.items() and needed <= function.parameters.keys()):
            wrong[function.name] = function.parameters, types

    assert wrong == {}


def test_python_may_give_none_only_where_null_makes_sense(conn: psycopg.Connection) -> None:
    wrong = {}
    for function in sql_functions():
        hints = get_type_hints(function.python)
        nullable = {name for name in function.parameters if NoneType in get_args(hints[name.removeprefix("p_")])}
        allowed = {name for name, _, _, may_be_null in conn.execute(PARAMETERS, [function.name]) if may_be_null}
        if not nullable <= allowed:
            wrong[function.name] = nullable - allowed

    assert wrong == {}


def test_a_result_is_read_as_what_it_is(conn: psycopg.Connection) -> None:
    wrong = {}
    for function in sql_functions():
        result = without_none(get_type_hints(function.python)["return"])
        kind = get_args(result)[0] if get_origin(result) is list else result
        columns = columns_of(function, conn)
        if not is_struct(kind):
            if [PYTHON[type_] for type_ in columns.values()] != [kind]:
                wrong[function.name] = kind, columns
            continue
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        if list(columns.values()) == ["jsonb"] and not columns.keys() & fields.keys():
            continue  # a document, which its struct decodes
        read = {name: PYTHON.get(type_, in_a_row(fields.get(name))) for name, type_ in columns.items()}
        if read != {name: in_a_row(hint) for name, hint in fields.items()}:
            wrong[function.name] = fields, columns

    assert wrong == {}


def test_a_list_is_read_of_a_function_that_gives_many_rows(conn: psycopg.Connection) -> None:
    of_rows = {name for (name,) in conn.execute("SELECT 'api.' || proname FROM pg_proc WHERE proretset")}
    lists = {
        function.name
        for function in sql_functions()
        if get_origin(get_type_hints(function.python)["return"]) is list and b"unnest(" not in function.statement
    }

    assert lists <= of_rows


def test_a_traced_call_gives_the_same(conn: psycopg.Connection) -> None:
    traced = [function for function in sql_functions() if function.parameters]
    assert [function.name for function in traced if b"halobestie.traceparent" not in function.traced] == []
    for function in sql_functions():
        assert columns_of(function._replace(statement=function.traced), conn) == columns_of(function, conn)


def columns_of(function: SqlFunction, conn: psycopg.Connection) -> dict[str, str]:
    """The columns of its statement and their types, as PostgreSQL reads it; nothing is run."""
    prepared = conn.pgconn.prepare(b"", re.sub(rb"%\(\w+\)s", b"NULL", function.statement))
    assert prepared.status == ExecStatus.COMMAND_OK, prepared.error_message
    described = conn.pgconn.describe_prepared(b"")
    columns = {(described.fname(at) or b"").decode(): described.ftype(at) for at in range(described.nfields)}
    types: dict[int, str] = dict(conn.execute("SELECT oid, format_type(oid, NULL) FROM pg_type").fetchall())
    return {name: types[oid] for name, oid in columns.items()}


def in_a_row(hint: Any) -> Any:
    """What a field of a row holds when it is not None."""
    hint = without_none(hint)
    return str if get_origin(hint) is Literal else hint
