"""A Python function that is a function of the database: its signature says how it is called and what it gives.

    @sql_function("api.accept_offer")
    async def accept_offer(conn: Connection, *, offer_id: UUID, mitra_id: UUID) -> Session:
        '''The mitra says yes; the first yes wins the session.'''

calls `api.accept_offer(p_offer_id => …::uuid, p_mitra_id => …::uuid)`. The result is a row (a struct), a row or None, a
list of rows, a value, a list of values (one of each row), or None, when nothing is read.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from functools import wraps
from importlib import import_module
from pkgutil import iter_modules
from types import NoneType
from typing import (
    Annotated,
    Any,
    Concatenate,
    Literal,
    LiteralString,
    NamedTuple,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import msgspec

import app.sql
from app.observability import tracing
from app.postgres.database import Connection
from app.sql.query import column, maybe, nothing, one, rows, value

P = ParamSpec("P")
T = TypeVar("T")
Function = Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]]

# What an int and a str are in PostgreSQL where they are neither integer nor text.
BigInt = Annotated[int, "bigint"]
Json = Annotated[str, "jsonb"]

_TYPES: Mapping[Any, str] = {
    UUID: "uuid",
    bool: "boolean",
    bytes: "bytea",
    datetime: "timestamptz",
    float: "double precision",
    int: "integer",
    str: "text",
    timedelta: "interval",
}


class SqlFunction(NamedTuple):
    """A function of the database that Python calls, and the type of each parameter that Python gives.

    `traced` is the statement of a call that belongs to a trace.
    """

    name: str
    parameters: Mapping[str, str]
    statement: bytes
    python: Callable[..., Awaitable[Any]]
    traced: bytes = b""


_functions: list[SqlFunction] = []


def sql_functions() -> list[SqlFunction]:
    """Give every function of the database that `app.sql` calls."""
    for module in iter_modules(app.sql.__path__):
        import_module(f"app.sql.{module.name}")
    return _functions


def declaration(python: Callable[..., Awaitable[Any]]) -> SqlFunction:
    """Give what a Python function with `@sql_function` declares."""
    return next(function for function in _functions if function.python is python)


def sql_function(
    name: LiteralString, *, select: LiteralString = "SELECT * FROM {call}"
) -> Callable[[Function[P, T]], Function[P, T]]:
    """Give a Python function without a body the call of `name` for its body.

    `select` is for a result that Python wants in another form.
    """

    def decorate(declared: Function[P, T]) -> Function[P, T]:
        hints = get_type_hints(declared, include_extras=True)
        read, *shape = _reading(hints.pop("return"))
        types = {f"p_{parameter}": _type(hint) for parameter, hint in hints.items() if hint is not Connection}
        arguments = ", ".join(f"{parameter} => %({parameter[2:]})s::{type_}" for parameter, type_ in types.items())
        statement = select.replace("{call}", f"{name}({arguments})").encode()
        traced = select.replace("{call}", f"{name}({_naming_its_trace(arguments) if types else ''})").encode()
        names = {parameter[2:] for parameter in types}
        defaults: dict[str, Any] = getattr(declared, "__kwdefaults__", None) or {}

        @wraps(declared)
        async def call(conn: Connection, /, *_: P.args, **given: P.kwargs) -> T:
            params = {**defaults, **given}
            if params.keys() != names:
                raise TypeError(f"{name} takes {sorted(names)}, not {sorted(params)}")
            if tracing.tracer is None:
                result: T = await read(conn, *shape, statement, params)
                return result
            with tracing.tracer.child(name) as span:
                traceparent = None if span is None else span.traceparent
                if traceparent is None:
                    result = await read(conn, *shape, statement, params)
                else:
                    result = await read(conn, *shape, traced, {**params, "traceparent": traceparent})
                return result

        _functions.append(SqlFunction(name, types, statement, call, traced))
        return call

    return decorate


def _naming_its_trace(arguments: str) -> str:
    """The arguments of a call, the first of which says to the transaction, before the call, which trace this is.

    It is said in the statement itself. So it costs no round trip, and no later transaction of the session has it.
    """
    parameter, arrow, value = arguments.partition(" => ")
    first, comma, others = value.partition(", ")
    said = "set_config('halobestie.traceparent', %(traceparent)s, true) IS NOT NULL"
    return f"{parameter}{arrow}CASE WHEN {said} THEN {first} END{comma}{others}"


def _type(hint: Any) -> str:
    """The type in PostgreSQL of what this annotation allows."""
    hint = without_none(hint)
    if get_origin(hint) is list:
        return _type(get_args(hint)[0]) + "[]"
    if get_origin(hint) is Annotated:
        return str(get_args(hint)[1])
    return "text" if get_origin(hint) is Literal else _TYPES[hint]


def _reading(result: Any) -> list[Any]:
    """The function of `app.sql.query` that reads this result, and the struct that it needs."""
    kind = without_none(result)
    if get_origin(kind) is list:
        (each,) = get_args(kind)
        return [rows, each] if is_struct(each) else [column]
    if is_struct(kind):
        return [one if kind is result else maybe, kind]
    return [nothing if result is NoneType else value]


def without_none(hint: Any) -> Any:
    """An annotation `X | None` as X; any other as it is."""
    kinds = get_args(hint)
    return next(kind for kind in kinds if kind is not NoneType) if NoneType in kinds else hint


def is_struct(kind: Any) -> bool:
    """Whether an annotation is a struct."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
