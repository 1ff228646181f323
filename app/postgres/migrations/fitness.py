"""Whether this role can migrate this database, judged before anything is changed."""

from dataclasses import dataclass

from psycopg.rows import class_row

from app.postgres.migrations.errors import MigrationError
from app.postgres.migrations.session import Connection

_OLDEST_POSTGRES = 15
_ROLES = ["halo_owner", "halo_app", "halo_listener", "halo_cc", "halo_readonly", "halo_dba"]

_FACTS = """
SELECT
    current_setting('server_version_num')::integer / 10000 AS version,
    current_setting('server_encoding') AS encoding,
    current_setting('transaction_read_only')::boolean AS is_read_only,
    format('%%I', current_database()) AS database,
    format('%%I', current_user) AS role,
    ARRAY(SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name))
        AS missing_roles,
    to_regnamespace('core') IS NOT NULL AS is_begun,
    has_database_privilege(current_database(), 'CREATE') AS may_create_schemas,
    me.rolsuper OR me.rolcreaterole AS may_create_roles,
    coalesce(pg_has_role(owner.oid, CASE WHEN is_new THEN 'SET' ELSE 'MEMBER' END), false) AS is_owner,
    me.rolsuper OR CASE
        WHEN is_new THEN coalesce(pg_has_role(owner.oid, 'MEMBER WITH ADMIN OPTION'), false) ELSE me.rolcreaterole
    END AS may_join_owner
FROM pg_roles AS me
LEFT JOIN pg_roles AS owner ON owner.rolname = 'halo_owner'
CROSS JOIN (SELECT current_setting('server_version_num')::integer >= 160000) AS server (is_new)
WHERE me.rolname = current_user
"""


@dataclass(frozen=True)
class _Facts:
    version: int
    encoding: str
    is_read_only: bool
    database: str
    role: str
    missing_roles: list[str]
    is_begun: bool
    may_create_schemas: bool
    may_create_roles: bool
    is_owner: bool
    may_join_owner: bool


def require_fit(conn: Connection) -> None:
    """Refuse a database or a role with which `migrate` would fail half way. Raises MigrationError, one line a fault."""
    with conn.cursor(row_factory=class_row(_Facts)) as cursor:
        facts = cursor.execute(_FACTS, [_ROLES]).fetchone()
    assert facts is not None, "each session has a role"
    if faults := [*_of_the_database(facts), *_of_the_role(facts)]:
        raise MigrationError("\n".join(faults))


def join_owner(conn: Connection) -> None:
    """Make this role a member of halo_owner, if require_fit found that it is not one and may become one."""
    with conn.cursor(row_factory=class_row(_Facts)) as cursor:
        facts = cursor.execute(_FACTS, [_ROLES]).fetchone()
    if facts is not None and facts.is_begun and not facts.is_owner:
        conn.execute(f"GRANT halo_owner TO {facts.role}".encode())


def _of_the_database(facts: _Facts) -> list[str]:
    faults = []
    if facts.version < _OLDEST_POSTGRES:
        faults.append(f"PostgreSQL is version {facts.version}; {_OLDEST_POSTGRES} or newer is needed.")
    if facts.encoding != "UTF8":
        faults.append(
            f"Database {facts.database} is encoded in {facts.encoding}: use one that is made with"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )
    if facts.is_read_only:
        faults.append(f"Database {facts.database} takes no writes: give the address of the primary server.")
    return faults


def _of_the_role(facts: _Facts) -> list[str]:
    missing = facts.missing_roles
    faults = []
    # The first migration makes the roles; a database that was moved from another server does not run it again.
    if missing and (facts.is_begun or not facts.may_create_roles):
        statements = " ".join(
            f"CREATE ROLE {role} {'NOLOGIN' if role == 'halo_owner' else 'LOGIN'};" for role in missing
        )
        faults.append(f"Role {facts.role} may not make the roles that are missing; let a superuser run: {statements}")
    if "halo_owner" not in missing and not facts.is_owner and not facts.may_join_owner:
        faults.append(
            f"Role {facts.role} is no member of halo_owner; let a superuser run: GRANT halo_owner TO {facts.role};"
        )
    if not facts.is_begun and not facts.may_create_schemas:
        faults.append(
            f"Role {facts.role} may not make schemas; let the owner of the database run:"
            f" GRANT CREATE ON DATABASE {facts.database} TO {facts.role};"
        )
    return faults


def advice(statements: list[str]) -> list[str]:
    """What to tell people about the statements that this role might not run, one line each."""
    revoked = [statement for statement in statements if statement.startswith("REVOKE ")]
    lines = [f"Let the owner of the database run: {statement};" for statement in revoked]
    if rest := len(statements) - len(revoked):
        lines.append(f"{rest} statements are left for a role that may create roles: `halobestie doctor` prints them.")
    return lines
