"""The loader drops what no file defines, so it never begins with files that look incomplete."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.postgres.migrations import MigrationError, migrate
from tests.platform.state import STATE
from tests.support.command import environment


def empty(house: Path) -> None:
    shutil.rmtree(house)
    house.mkdir()


def without(folder: str) -> Callable[[Path], None]:
    return lambda house: shutil.rmtree(house / folder)


def halved(house: Path) -> None:
    for folder in ("functions", "triggers", "views"):
        for file in sorted((house / folder).rglob("*.sql"))[::2]:
            file.unlink()


def another_project(house: Path) -> None:
    for file in house.rglob("*.sql"):
        file.write_text(re.sub(r"\b(core|api|ops)\.(\w+)", r"\1.their_\2", file.read_text()))


@pytest.mark.parametrize(
    "damage",
    [
        empty,
        *(
            pytest.param(without(folder), id=f"no {folder}")
            for folder in ("migrations", "functions", "triggers", "views")
        ),
        halved,
        another_project,
    ],
)
def test_files_that_look_incomplete_are_refused_and_nothing_is_touched(
    conn: psycopg.Connection, database_url: str, house: Path, damage: Callable[[Path], None]
) -> None:
    damage(house)
    before = conn.execute(STATE).fetchall()
    for early in (False, True):
        with pytest.raises(MigrationError, match=r"looks incomplete: .*Nothing was touched\.") as refused:
            migrate(database_url, house, before=early)
        assert "\n" not in str(refused.value)
    assert conn.execute(STATE).fetchall() == before


def test_no_files_are_refused_for_an_empty_database_too(empty_database_url: str, house: Path) -> None:
    empty(house)
    with pytest.raises(MigrationError, match=r"no files in migrations/, functions/, triggers/, views/"):
        migrate(empty_database_url, house)


def test_fewer_files_than_were_packed_are_refused_be_it_one(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    count = len(list((house / "functions").rglob("*.sql")))
    (house / "manifest.json").write_text(f'{{"functions": {count}}}')
    migrate(database_url, house)
    (house / "functions/pairing/accept_offer.sql").unlink()
    before = conn.execute(STATE).fetchall()
    with pytest.raises(MigrationError, match=rf"{count - 1} of {count} files in functions/"):
        migrate(database_url, house)
    assert conn.execute(STATE).fetchall() == before


def test_a_tenth_may_go_and_more_only_when_it_is_meant(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    row = conn.execute(
        "SELECT count(*) FROM (SELECT proname FROM pg_proc WHERE pronamespace = ANY ('{core,api,ops}'::regnamespace[])"
        " UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'ops'::regnamespace AND relkind = 'v') AS stands"
    ).fetchone()
    assert row is not None
    most = row[0] // 9  # a tenth of what stands, themselves included
    files = [house / f"functions/notes/greet_{number}.sql" for number in range(most + 1)]

    def write(count: int) -> None:
        shutil.rmtree(files[0].parent, ignore_errors=True)
        files[0].parent.mkdir()
        for file in files[:count]:
            file.write_text(f"CREATE OR REPLACE FUNCTION core.{file.stem}() RETURNS text LANGUAGE sql AS 'SELECT 1'")
        # one that keeps its name does not count, though its old signature goes
        (files[0].parent / "part.sql").write_text(
            f"CREATE OR REPLACE FUNCTION core.part(p_{'x' * count} int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )

    write(most - 1)
    migrate(database_url, house)
    write(0)
    assert len(migrate(database_url, house).dropped) == most - 1

    write(most + 1)
    migrate(database_url, house)
    write(0)
    with pytest.raises(MigrationError, match=rf"{most + 1} of the database's \d+ functions and views would be dropped"):
        migrate(database_url, house)
    assert len(migrate(database_url, house, drop=True).dropped) == most + 1


def test_the_command_says_it_in_a_line(conn: psycopg.Connection, database_url: str, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    shutil.copytree(root / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "db").mkdir()
    before = conn.execute(STATE).fetchall()
    refused = subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        env=environment({"DATABASE_URL": database_url, "PYTHONPATH": str(tmp_path)}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{tmp_path / 'db'} looks incomplete")
    assert len(refused.stderr.splitlines()) == 1
    assert conn.execute(STATE).fetchall() == before
