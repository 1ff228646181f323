"""Writes `db/ERRORS.md` from the refusals, the functions that raise them, and the app's own codes.

python -m tests.conventions.error_list "$DATABASE_URL"
"""

import sys
from collections.abc import Iterable

import psycopg

from app.problems import CODES
from tests.support.sources import ALL_FUNCTIONS, DB, codes_of, decided_in

FILE = DB / "ERRORS.md"

_BEGINNING = """\
# Errors

Every code, its HTTP status, and the functions that raise it. `python -m tests.conventions.error_list "$DATABASE_URL"`
writes this page from `core.refusals()`, the functions in `db/functions` and `app/problems.py`; a test compares it with
all three.

A function refuses through `core.refuse(code, detail, hint, field)`:

| in SQL | is | in the app's `application/problem+json` |
|---|---|---|
| `SQLSTATE` | `PT` and the HTTP status, PostgREST's convention | `status` |
| `MESSAGE` | the code | `code` |
| `DETAIL` | a sentence for people | `detail` |
| `HINT` | what to do | `hint` |
| `COLUMN` | the field at fault, empty when there is none | `field` |
| `CONSTRAINT` | the package to use instead, empty but for `PACKAGE_REPLACED` | `package_id` |

In psql, `\\set VERBOSITY verbose` shows all of them. A refusal rolls everything back. When something must be written
down all the same (a wrong code counted, a reused token's family revoked), the code is returned in the column `refusal`,
and the app gives the same answer.
"""

_DATABASE = """
## Raised by the database

*Decided in*: the functions whose own text judges and refuses. *Raised by*: the functions for apps and people, and the
triggers, that can end with the code. `db/psql/call_tree.sql` shows the way from the second to the first.

| code | status | means | decided in | raised by |
|---|---|---|---|---|
"""

_APP = """
## Added by the app

For requests that never reach a function of ours, and for errors that are no refusal of a function.

| code | status | means |
|---|---|---|
"""

_ENDING = """
## PostgreSQL's own errors

| SQLSTATE | when | answered as |
|---|---|---|
| 23505, 23503 | a key that exists, a row that is referred to | 409 `CONFLICT` |
| 23514, class 22 | a value that a check or a type does not allow | 422 `VALIDATION_ERROR` |
| 42501 | the role may not do this | 403 `FORBIDDEN` |
| 40001, 40P01 | two transactions in each other's way | started again, a bounded number of times; then as below |
| 55P03, classes 08, 53, 57 | no lock, no connection, no resources, a server that stops | 503 `SERVICE_UNAVAILABLE` |
| anything else, P0001 included | a fault of ours | 500 `INTERNAL_ERROR`, with nothing of the database in it |
"""


def written(conn: psycopg.Connection) -> str:
    """The whole text of `db/ERRORS.md`."""
    refusals = conn.execute("SELECT code, status, meaning FROM core.refusals() ORDER BY status, code").fetchall()
    known = {code for code, _, _ in refusals}
    raising = [name for name in ALL_FUNCTIONS if name.startswith(("api.", "core.tg_"))]
    database = "".join(
        f"| `{code}` | {status} | {meaning} | {_names(decided_in(code))}"
        f" | {_names(name for name in raising if code in codes_of(name, known))} |\n"
        for code, status, meaning in refusals
    )
    app = "".join(
        f"| `{code}` | {status} | {detail} |\n"
        for code, (status, detail) in sorted(CODES.items(), key=lambda item: (item[1].status, item[0]))
        if code not in known
    )
    return f"{_BEGINNING}{_DATABASE}{database}{_APP}{app}{_ENDING}"


def _names(functions: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(functions))


def main() -> None:
    """Write the file from the database that the first argument names."""
    with psycopg.connect(sys.argv[1]) as conn:
        FILE.write_text(written(conn))


if __name__ == "__main__":
    main()
