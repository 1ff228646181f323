"""Connections of the listener's own."""

import asyncio

import psycopg

from app.postgres.database import Connection, prepare_session, with_defaults

PROOF_SECONDS = 5.0
PROOF_TIMEOUT_SECONDS = 2.0
"""A stopped or half-open connection gives no error, only silence: each is asked every 5 s and cut after 2 s."""


async def connect(dsn: str, *, name: str, limit: float, prepare: bool | None = None) -> Connection:
    """An autocommit session, seen as `name` in `pg_stat_activity`, whose statements take at most `limit` seconds.

    `prepare` is DATABASE_PREPARE. Raises psycopg.OperationalError.
    """
    try:
        conn = await psycopg.AsyncConnection.connect(with_defaults(dsn, name=name), autocommit=True)
    except UnicodeError as error:  # psycopg looks the host's name up, also when it comes from PGHOST or a service file
        raise psycopg.OperationalError(f"the host can't be looked up: {error}") from error
    try:
        async with asyncio.timeout(limit):
            await prepare_session(conn, statement_timeout=limit, prepare=prepare)
    except BaseException:
        conn.pgconn.finish()
        raise
    return conn
