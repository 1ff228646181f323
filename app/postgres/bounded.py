"""Calls to PostgreSQL that end, also when the server has gone silent: a stopped one gives no error."""

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")

_LAST_WORDS_SECONDS = 0.2


class BackendLost(psycopg.OperationalError):
    """A connection did not answer in time and was cut. Whether its transaction was committed is unknown."""


async def bounded(conn: psycopg.AsyncConnection[Any], call: Coroutine[Any, Any, T], *, seconds: float) -> T:
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


async def _end(conn: psycopg.AsyncConnection[Any], work: asyncio.Future[Any]) -> None:
    cut(conn)
    await asyncio.wait({work}, timeout=_LAST_WORDS_SECONDS)
    conn.pgconn.finish()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
        await work


def is_cut(conn: psycopg.AsyncConnection[Any]) -> bool:
    """Whether an idle connection was ended from outside, as far as this side knows: looks at its socket, asks nobody.

    A proxy, a firewall, an idle limit or a restart ended it; what it says in passing, such as a notice, is taken in.
    """
    if conn.closed:
        return True
    look = select.poll()
    look.register(conn.pgconn.socket, select.POLLIN)
    try:
        while look.poll(0):
            conn.pgconn.consume_input()
            conn.pgconn.is_busy()  # reads what was taken in
    except psycopg.OperationalError:
        return True
    return conn.closed


def cut(conn: psycopg.AsyncConnection[Any]) -> None:
    """End a connection without a word to the server; whoever waits for it hears of it at once."""
    with contextlib.suppress(psycopg.OperationalError, OSError):
        handle = os.dup(conn.pgconn.socket)
        with socket.socket(fileno=handle) as end:
            end.shutdown(socket.SHUT_RDWR)
