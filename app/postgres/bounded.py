"""Calls to PostgreSQL that end in time, also when the server is silent: a stopped server gives no error."""

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
    """What `call`, which uses `conn`, returns. When it takes longer than `seconds`, cuts `conn` and raises BackendLost.

    A call is not just cancelled: psycopg would then ask the server to cancel it, and wait for a stopped server again.
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
    """Whether an idle connection was ended from outside, by its socket alone; the server is not asked.

    A proxy, a firewall, an idle limit or a restart may have ended it. Messages that arrived, like notices, are read.
    """
    if conn.closed:
        return True
    look = select.poll()
    look.register(conn.pgconn.socket, select.POLLIN)
    try:
        while look.poll(0):
            conn.pgconn.consume_input()
            conn.pgconn.is_busy()  # parses what was received
    except psycopg.OperationalError:
        return True
    return conn.closed


def cut(conn: psycopg.AsyncConnection[Any]) -> None:
    """End a connection without a word to the server; a call that waits on it fails at once."""
    with contextlib.suppress(psycopg.OperationalError, OSError):
        handle = os.dup(conn.pgconn.socket)
        with socket.socket(fileno=handle) as end:
            end.shutdown(socket.SHUT_RDWR)
