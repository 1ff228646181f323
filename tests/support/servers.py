"""The PostgreSQL that tests run on."""

from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.postgres.migrations import migrate

# Roles belong to the cluster, so two databases of one cluster must not be migrated at the same moment.
_MIGRATING = 4_854_414_209


@dataclass(frozen=True)
class PostgresServer:
    """A running server, in the words that pytest-postgresql uses for one."""

    host: str
    port: int
    user: str
    password: str | None = None
    options: str = ""
    maintenance_dbname: str = "postgres"
    template_dbname: str | None = None

    @classmethod
    def at(cls, url: str) -> "PostgresServer":
        """The server that a URL names."""
        parts = conninfo_to_dict(url)
        return cls(
            host=str(parts.get("host") or "127.0.0.1"),
            port=int(str(parts.get("port") or 5432)),
            user=str(parts.get("user") or "postgres"),
            password=str(parts["password"]) if parts.get("password") else None,
        )

    def url(self, database: str, *, role: str | None = None) -> str:
        """The address of one of its databases, for the role that owns them or for another that needs no password."""
        who = quote(role or self.user, safe="")
        if self.password and role is None:
            who += f":{quote(self.password, safe='')}"
        if self.host.startswith("/"):
            return f"postgresql://{who}@/{quote(database)}?host={quote(self.host, safe='')}&port={self.port}"
        return f"postgresql://{who}@{self.host}:{self.port}/{quote(database)}"


def fill_template(*, host: str, port: int, user: str, password: str | None, dbname: str, **_: object) -> None:
    """Migrate the database that every test's own is copied from (called by pytest-postgresql)."""
    server = PostgresServer(host=host, port=port, user=user, password=password)
    with psycopg.connect(server.url(server.maintenance_dbname), autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        migrate(server.url(dbname))
