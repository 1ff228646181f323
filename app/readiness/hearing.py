"""Whether a LISTEN session hears what the database's sessions notify."""

from uuid import uuid4

import psycopg
from psycopg import sql

from app.observability.faults import words
from app.postgres.database import with_defaults
from app.postgres.pooler import POOLED, lends_backends
from app.settings import DatabaseSettings

HEARD_SECONDS = 5.0


def why_nothing_is_heard(settings: DatabaseSettings) -> str | None:
    """Why the listener would hear nothing, in a sentence; None after a notification was heard.

    It is sent over DATABASE_URL: a LISTEN session of another database hears itself, but nobody else.
    """
    heard_at, sent_at = (
        with_defaults(url, name="halobestie-doctor") for url in (settings.listening_url, settings.database_url)
    )
    channel = f"halobestie_proof_{uuid4().hex}"
    try:
        if lends_backends(heard_at):
            return f"{settings.listening_setting}: {POOLED}"
        with psycopg.connect(heard_at, autocommit=True) as ear, psycopg.connect(sent_at, autocommit=True) as mouth:
            ear.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            mouth.execute("SELECT pg_notify(%s, '')", [channel])
            is_heard = any(True for _ in ear.notifies(timeout=HEARD_SECONDS, stop_after=1))
    except psycopg.Error as error:
        return f"{settings.listening_setting}: {words(error)}"
    if is_heard:
        return None
    return (
        f"{settings.listening_setting}: what DATABASE_URL notified was not heard in {HEARD_SECONDS:.0f} s."
        " Do both lead to the same database?"
    )
