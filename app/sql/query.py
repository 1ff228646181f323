"""How the rows of a statement become structs and values.

A statement whose only column is `jsonb` yields that document, decoded straight from the bytes PostgreSQL sent. Any
other statement yields one struct a row, columns and fields matched by name; a `jsonb` column among them is decoded
into its field's type, and stays undecoded where that type is `msgspec.Raw`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, LiteralString, TypeVar, get_type_hints

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.postgres import types

from app.postgres.database import Connection

Shape = TypeVar("Shape", bound=msgspec.Struct)
Statement = LiteralString | bytes
Params = Mapping[str, Any]

_JSONB = types["jsonb"].oid


class _Undecoded(Loader):
    """Leaves a jsonb value as the bytes that came: its struct decodes them."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


async def one(conn: Connection, shape: type[Shape], sql: Statement, params: Params | None = None) -> Shape:
    """The statement's one row. Raises LookupError when there is none: a function of ours broke its contract."""
    found = await maybe(conn, shape, sql, params)
    if found is None:
        raise LookupError(f"no row for {shape.__name__}")
    return found


async def maybe(conn: Connection, shape: type[Shape], sql: Statement, params: Params | None = None) -> Shape | None:
    """The statement's one row, or None when there is none or every column of it is null."""
    cursor = await _execute(conn, sql, params)
    row = await cursor.fetchone()
    if row is None or all(column is None for column in row):
        return None
    return _reader(shape, cursor)(row)


async def rows(conn: Connection, shape: type[Shape], sql: Statement, params: Params | None = None) -> list[Shape]:
    """Every row of the statement, in its order."""
    cursor = await _execute(conn, sql, params)
    read = _reader(shape, cursor)
    return [read(row) for row in await cursor.fetchall()]


async def value(conn: Connection, sql: Statement, params: Params | None = None) -> Any:
    """The one column of the statement's one row, as psycopg loads it; None when there is no row."""
    row = await (await conn.cursor().execute(sql, params)).fetchone()
    return None if row is None else row[0]


async def column(conn: Connection, sql: Statement, params: Params | None = None) -> list[Any]:
    """The one column of every row of the statement, as psycopg loads it."""
    return [row[0] for row in await (await conn.cursor().execute(sql, params)).fetchall()]


async def nothing(conn: Connection, sql: Statement, params: Params | None = None) -> None:
    """Run a statement for what it does."""
    await conn.cursor().execute(sql, params)


async def _execute(conn: Connection, sql: Statement, params: Params | None) -> psycopg.AsyncCursor[tuple[Any, ...]]:
    cursor = conn.cursor()
    cursor.adapters.register_loader(_JSONB, _Undecoded)
    return await cursor.execute(sql, params)


def _reader(shape: type[Shape], cursor: psycopg.AsyncCursor[Any]) -> Callable[[Sequence[Any]], Shape]:
    columns = cursor.description
    assert columns is not None, "the statement returns rows"
    return _reader_of_columns(shape, tuple((column.name, column.type_code == _JSONB) for column in columns))


@cache
def _reader_of_columns(shape: type[Shape], columns: tuple[tuple[str, bool], ...]) -> Callable[[Sequence[Any]], Shape]:
    """How rows of these columns (name, is jsonb) are read; worked out once for each statement's shape."""
    if len(columns) == 1 and columns[0][1] and columns[0][0] not in shape.__struct_fields__:
        document = msgspec.json.Decoder(shape)
        return lambda row: document.decode(row[0])

    names = [name for name, _ in columns]
    fields = get_type_hints(shape)
    documents = [
        (position, msgspec.json.Decoder(fields[name])) for position, (name, is_jsonb) in enumerate(columns) if is_jsonb
    ]
    if not documents:
        return lambda row: shape(**dict(zip(names, row, strict=True)))

    def read(row: Sequence[Any]) -> Shape:
        values = list(row)
        for position, decoder in documents:
            if values[position] is not None:
                values[position] = decoder.decode(values[position])
        return shape(**dict(zip(names, values, strict=True)))

    return read
