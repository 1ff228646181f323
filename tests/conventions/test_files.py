"""A file holds one function and is named for it, and the database holds what the files say and nothing else."""

import re
from pathlib import Path

import psycopg

from app.postgres.migrations.steps import steps_in
from tests.support.sources import ALL_FUNCTIONS, DB, FUNCTION_FILES, FUNCTIONS, TRIGGER_FILES, VIEW_FILES, functions_in

SCHEMAS = ["core", "api", "ops"]
MIGRATIONS = sorted(path for path in (DB / "migrations").glob("*.sql") if ".rollback." not in path.name)

_TRIGGER = re.compile(r"CREATE OR REPLACE TRIGGER (\w+)\s+(?:BEFORE|AFTER) .*?\s+ON (\w+\.\w+)", re.DOTALL)
_FIRED = re.compile(r"EXECUTE FUNCTION (core\.\w+)\(")
_MAKES_CODE = re.compile(r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|TRIGGER)\b", re.IGNORECASE)
_CALLED_BY_THE_LOADER = {"core.after_migrate"}


def without_strings(text: str) -> str:
    """SQL without what stands in quotes of either kind."""
    return re.sub(r"\$\$.*?\$\$|'(?:[^']|'')*'", "''", text, flags=re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(DB))


def test_there_are_files_to_look_at() -> None:
    assert (len(FUNCTION_FILES), len(TRIGGER_FILES), len(VIEW_FILES), len(MIGRATIONS)) > (100, 10, 3, 5)


def test_a_function_file_holds_one_function_that_has_its_name() -> None:
    defined = {name_of(file): [function.name for function in functions_in([file])] for file in FUNCTION_FILES}
    wrong = {
        file: names
        for file, names in defined.items()
        if len(names) != 1 or not re.fullmatch(rf"functions/\w+/{names[0].partition('.')[2]}\.sql", file)
    }

    assert wrong == {}


def test_a_function_file_holds_nothing_but_its_function_and_what_is_said_and_granted_about_it() -> None:
    for file in FUNCTION_FILES:
        statements = [statement.split() for statement in without_strings(file.read_text()).split(";")]
        kinds = [" ".join(words[:3]) for words in statements if words]

        assert kinds[:2] == ["CREATE OR REPLACE", "COMMENT ON FUNCTION"], name_of(file)
        rights = ("GRANT EXECUTE", "REVOKE EXECUTE")
        assert {kind for kind in kinds[2:] if not kind.startswith(rights)} == set(), name_of(file)


def test_every_function_states_its_volatility_once() -> None:
    stated = {
        name: re.findall(r"\b(?:VOLATILE|STABLE|IMMUTABLE)\b", function.text.partition("AS $$")[0])
        for name, function in FUNCTIONS.items()
    }

    assert {name: words for name, words in stated.items() if len(words) != 1} == {}


def test_variables_begin_with_v() -> None:
    for name, function in ALL_FUNCTIONS.items():
        declared = re.search(r"\bDECLARE\b(.*?)\bBEGIN\b", function.body, re.DOTALL)
        variables = (
            re.findall(r"^ +(\w+) (?:CONSTANT )?\w[\w.\[\]]*(?:;| :=)", declared[1], re.MULTILINE) if declared else []
        )

        assert (declared is None) == (variables == []), name
        assert [variable for variable in variables if not variable.startswith("v_")] == [], name


def test_parameters_begin_with_p(conn: psycopg.Connection) -> None:
    named = conn.execute(
        """
        SELECT p.oid::regprocedure::text, argument.name FROM pg_proc p
        CROSS JOIN LATERAL unnest(
            p.proargnames[1:p.pronargs], coalesce(p.proargmodes::text[], array_fill('i'::text, ARRAY[p.pronargs]))
        ) AS argument (name, mode)
        WHERE p.pronamespace = ANY (%s::regnamespace[]) AND p.pronargs > 0 AND argument.mode IN ('i', 'v')
            AND argument.name NOT LIKE 'p\\_%%'
        """,
        [SCHEMAS],
    )

    assert named.fetchall() == []


def test_a_trigger_file_holds_one_task_of_one_table() -> None:
    for file in TRIGGER_FILES:
        name = re.fullmatch(r"(\w+?)__(\d{3})_(\w+)", file.stem)
        assert name is not None, file
        table, order, task = name.groups()
        triggers = _TRIGGER.findall(file.read_text())

        own = f"core.tg_{table}__{task}"
        fired = set(_FIRED.findall(file.read_text()))
        assert [function.name for function in functions_in([file])] == ([own] if own in fired else [])
        assert fired - FUNCTIONS.keys() <= {own}
        assert {on for _, on in triggers} == {f"core.{table}"}
        assert [
            trigger
            for trigger, _ in triggers
            if not re.fullmatch(rf"_{order}_{task}(_insert|_update|_delete)?", trigger)
        ] == []


def test_the_database_has_exactly_the_functions_of_the_files(conn: psycopg.Connection) -> None:
    there = conn.execute(
        "SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc"
        " WHERE pronamespace = ANY (%s::regnamespace[])",
        [SCHEMAS],
    )

    # nothing missing, nothing stale, and no name twice
    assert sorted(name for (name,) in there) == sorted(ALL_FUNCTIONS)


def test_the_database_has_exactly_the_triggers_of_the_files(conn: psycopg.Connection) -> None:
    there = conn.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0"
    )
    written = [trigger for file in TRIGGER_FILES for trigger in _TRIGGER.findall(file.read_text())]

    assert sorted(there) == sorted(written)


def test_the_database_has_exactly_the_views_of_the_files(conn: psycopg.Connection) -> None:
    there = conn.execute(
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class"
        " WHERE relkind IN ('v', 'm') AND relnamespace = ANY (%s::regnamespace[])",
        [SCHEMAS],
    )

    assert sorted(name for (name,) in there) == [f"ops.{file.stem}" for file in VIEW_FILES]
    assert [file for file in VIEW_FILES if not file.read_text().startswith(f"CREATE VIEW ops.{file.stem} AS")] == []


def test_a_migration_can_be_rolled_back_and_neither_holds_nor_calls_a_function_of_ours() -> None:
    for file in MIGRATIONS:
        text = without_strings(file.read_text())

        assert file.with_suffix(".rollback.sql").exists()
        assert not _MAKES_CODE.search(text), file
        assert [name for name in ALL_FUNCTIONS if f"{name}(" in text] == [], file


def test_a_migration_names_only_earlier_ones_and_can_be_run_again_where_it_has_no_transaction() -> None:
    for step in steps_in(MIGRATIONS):
        text = step.path.read_text()
        named = " ".join(re.findall(r"^-- depends: *(.*)$", text, re.MULTILINE)).split()
        assert [name for name in named if name >= step.id or not (DB / f"migrations/{name}.sql").exists()] == [], step

        made = re.findall(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (\w+) ON (\w+)\.", text)
        for index, schema in made:
            before, _, _ = text.partition(f"INDEX CONCURRENTLY {index} ON")
            assert not step.is_transactional, step
            # half made, it is there and invalid
            assert f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{index};" in before, (step, index)


def test_an_internal_function_is_used() -> None:
    used = {call for function in ALL_FUNCTIONS.values() for call in function.calls - {function.name}}
    others = "".join(file.read_text() for file in [*VIEW_FILES, *TRIGGER_FILES])

    unused = {name for name in FUNCTIONS if name.startswith("core.")} - used - _CALLED_BY_THE_LOADER
    assert {name for name in unused if f"{name}(" not in others} == set()


def test_the_rules_name_every_key_of_the_configuration_with_its_default(conn: psycopg.Connection) -> None:
    rules = (DB.parent / "requirement" / "rules.md").read_text().replace("\n  ", " ").replace("\n", " ")
    defaults = conn.execute("SELECT type, format('`%s`', key), default_value::text FROM core.config_keys()").fetchall()
    said = [
        f"{key} (`{default[1:-1]}`)" if type_ in ("choice", "time_zone") else f"{key} ({default})"
        for type_, key, default in defaults
    ]
    assert [words for words in said if words not in rules] == []
