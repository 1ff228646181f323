"""What is said about each thing is there, and true: the codes a function raises, whether and whom it notifies."""

import re

import psycopg

from tests.support.sources import ALL_FUNCTIONS, FUNCTIONS, codes_of, reached_from

API = sorted(name for name in FUNCTIONS if name.startswith("api."))

_CODE = re.compile(r"\b([A-Z]+(?:_[A-Z]+)+|FORBIDDEN|UNAUTHENTICATED)\b(?: (\d{3}))?")
_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE core\.|DELETE FROM core\.|pg_notify)")


def test_everything_has_its_comment(conn: psycopg.Connection) -> None:
    silent = conn.execute(
        """
        SELECT 'function ' || p.oid::regprocedure FROM pg_proc AS p
        WHERE p.pronamespace = ANY (%(schemas)s::regnamespace[])
            AND coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
        UNION ALL
        SELECT 'relation ' || c.oid::regclass FROM pg_class AS c
        WHERE c.relnamespace = ANY (%(schemas)s::regnamespace[]) AND NOT c.relispartition
            AND c.relkind IN ('r', 'p', 'v', 'c')
            AND coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type'), '') = ''
        UNION ALL
        SELECT 'schema ' || n.nspname FROM pg_namespace AS n
        WHERE n.oid = ANY (%(schemas)s::regnamespace[]) AND coalesce(obj_description(n.oid, 'pg_namespace'), '') = ''
        """,
        {"schemas": ["core", "api", "ops"]},
    )

    assert silent.fetchall() == []


def test_a_comment_names_every_code_that_a_call_can_end_with_and_no_other(conn: psycopg.Connection) -> None:
    statuses: dict[str, int] = dict(conn.execute("SELECT code, status FROM core.refusals()").fetchall())
    for name in API:
        comment = FUNCTIONS[name].comment
        said = {code: status for code, status in _CODE.findall(comment) if code in statuses}

        assert set(said) == codes_of(name, statuses), name
        assert {code: int(status) for code, status in said.items() if status}.items() <= statuses.items(), name
        assert re.search(r"\braises?\b", comment, re.IGNORECASE), name


def test_the_comment_of_a_function_that_writes_says_whom_it_notifies() -> None:
    for name in API:
        reached = reached_from(name)
        if any(_WRITES.search(ALL_FUNCTIONS[function].body) for function in reached):
            notifies = re.search(r"\b(?:Notifies:|notifies) (.+)", FUNCTIONS[name].comment, re.DOTALL)

            assert notifies is not None, name
            if "core.emit" in reached:
                assert re.search(r"\bevents\b|\bas api\.\w+", notifies[1]), name


def test_a_file_speaks_of_its_own_function_only() -> None:
    for name, function in FUNCTIONS.items():
        assert set(re.findall(r"(?:COMMENT ON|EXECUTE ON) FUNCTION (\w+\.\w+)\(", function.text)) == {name}
