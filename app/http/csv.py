"""Lists as CSV (RFC 4180): everything that the filters let through, read page by page while it is sent.

Between two pages no connection to the database is held, and no more than a page is in memory, so a client that reads
slowly, or not at all, costs nobody anything. An export that breaks off ends without its last chunk, so the client sees
that it is not whole.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
from falcon.asgi import Request, Response

from app.http import bodies
from app.http.idempotency import Answer
from app.http.operation import Operation
from app.problems import Problem
from app.sql.function import is_struct, without_none
from app.wire.exchange import CLIENT_IS_GONE

FORMAT = "format"
CSV = "text/csv"
ROWS_A_PAGE = 200

Query = Mapping[str, str | list[str]]
Path = tuple[str, ...]

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Page(msgspec.Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: str | None


def is_asked(described: Operation, query: dict[str, Any]) -> bool:
    """Whether a list is asked for as CSV; takes `format` out of the query. Refuses a format that it does not have."""
    if not described.is_list or FORMAT not in query:
        return False
    wanted = query.pop(FORMAT)
    if wanted not in ("csv", "json"):
        raise Problem(
            "VALIDATION_ERROR", "A list comes as json or csv.", field=FORMAT, hint="Leave format out for json."
        )
    return bool(wanted == "csv")


def filters(query: Query) -> dict[str, str | list[str]]:
    """The part of a query that says what is in a list, and not which page of it."""
    return {name: value for name, value in query.items() if name not in ("limit", "cursor")}


async def export(
    described: Operation,
    req: Request,
    resp: Response,
    query: Query,
    *,
    page: Callable[[Query], Awaitable[Answer]],
    note: Callable[[str, Query], Awaitable[None]],
) -> None:
    """Answer with the whole list: `page` gives the page of a query, `note` writes the export into the audit log.

    The first page is read before anything is sent, so that a refusal is answered like every other. `limit` and `cursor`
    have no meaning for a whole list; what is wrong in them is refused all the same.
    """
    name = re.sub(r"[^\w-]+", "-", req.path.removeprefix("/internal/"), flags=re.ASCII)
    asked = filters(query)
    has_pages = "cursor" in described.query.__struct_fields__
    first = dict(asked) | ({"limit": str(ROWS_A_PAGE)} if has_pages else {})
    answer = await page(first)
    bodies.convert(query, described.query)
    await note(name, asked)
    resp.content_type = f"{CSV}; charset=utf-8; header=present"
    resp.downloadable_as = f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
    resp.cache_control = ("no-store",)
    resp.stream = _lines(described, answer, first, page, req.scope)


async def _lines(
    described: Operation,
    answer: Answer,
    first: dict[str, str | list[str]],
    page: Callable[[Query], Awaitable[Answer]],
    scope: Mapping[str, Any],
) -> AsyncIterator[bytes]:
    columns = columns_of(described)
    text = written([[".".join(path) for path in columns]])
    while True:
        found = msgspec.json.decode(answer.body, type=_Page)
        yield text + written([[_at(item, path) for path in columns] for item in found.items])
        if found.next_cursor is None or CLIENT_IS_GONE in scope:
            return
        text = b""
        answer = await page({**first, "cursor": found.next_cursor})


def columns_of(described: Operation) -> list[Path]:
    """The columns of a list: each field of its items, and each field of a struct among them."""
    assert described.reply is not None, "a list has a reply"
    (items,) = [field.type for field in msgspec.structs.fields(described.reply) if field.name == "items"]
    return list(_fields(get_args(items)[0]))


def _fields(kind: type[msgspec.Struct]) -> Iterator[Path]:
    for field in msgspec.structs.fields(kind):
        inner = without_none(field.type)
        if is_struct(inner):
            for path in _fields(inner):
                yield (field.encode_name, *path)
        else:
            yield (field.encode_name,)


def _at(item: Any, path: Path) -> str:
    for name in path:
        item = item.get(name) if item is not None else None
    return cell(item)


def cell(value: Any) -> str:
    """A value as a cell has it: nothing for null, lists and objects as JSON, and nothing that runs as a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text


def written(rows: list[list[str]]) -> bytes:
    """Rows as bytes, each ended by CRLF; a cell is quoted where it has to be."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
