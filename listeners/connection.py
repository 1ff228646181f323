"""Connections of the listener's own: bounded in time, cut when silent."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import psycopg

from app.database import Connection, prepare_session, with_defaults

T = TypeVar("T")

PROOF_SECONDS = 5.0
PROOF_TIMEOUT_SECONDS = 2.0
"""A stopped or half-open connection gives no error, only silence: each is asked every 5 s and cut after 2 s."""

_LAST_WORDS_SECONDS = 0.2


class BackendLost(Exception):  # noqa: N818  # what happened, not a mistake
    """A connection did not answer in time and was cut. Whether its transaction was committed is unknown."""


async def connect(dsn: str, *, name: str, limit: float, configuration: Mapping[str, str] | None = None) -> Connection:
    """An autocommit session, seen as `name` in `pg_stat_activity`, whose statements take at most `limit` seconds.

    `configuration` holds run-time parameters for the session. Raises psycopg.OperationalError.
    """
    conn = await psycopg.AsyncConnection.connect(with_defaults(dsn, name=name), autocommit=True)
    try:
        async with asyncio.timeout(limit):
            await prepare_session(conn, statement_timeout=limit)
            for parameter, value in (configuration or {}).items():
                await conn.execute("SELECT set_config(%s, %s, false)", [parameter, value])
    except BaseException:
        conn.pgconn.finish()
        raise
    return conn


async def bounded(conn: Connection, call: Coroutine[Any, Any, T], *, seconds: float) -> T:
    """What `call`, which uses `conn`, returns; when it takes longer, `conn` is cut and BackendLost raised.

    A call is never just cancelled: psycopg would ask the server to cancel it, and a stopped server takes as long again.
    """
    work = asyncio.ensure_future(call)
    try:
        await asyncio.wait({work}, timeout=seconds)
    except asyncio.CancelledError:
        await _end(conn, work)
        raise
    if not work.done():
        await _end(conn, work)
        raise BackendLost(f"no answer in {seconds:g} s")
    return work.result()


async def _end(conn: Connection, work: asyncio.Future[Any]) -> None:
    cut(conn)
    await asyncio.wait({work}, timeout=_LAST_WORDS_SECONDS)
    conn.pgconn.finish()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
        await work


def cut(conn: Connection) -> None:
    """End a connection without a word to the server; whoever waits for it hears of it at once."""
    with contextlib.suppress(psycopg.OperationalError, OSError):
        handle = os.dup(conn.pgconn.socket)
        with socket.socket(fileno=handle) as end:
            end.shutdown(socket.SHUT_RDWR)
