"""An installed wheel, without the checkout, brings a database to what the checkout brings it to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.platform.state import STATE
from tests.support.catalogue import picture
from tests.support.visitors import Visitors, serving
from tests.support.waiting import START_SECONDS

ROOT = Path(__file__).parents[2]
SOURCES = ("app", "listeners", "db", "pyproject.toml", "setup.py", "MANIFEST.in")

NOBODY = 54321  # has neither a name nor a home
# `halobestie migrate`, run by a user without a name, as far as who runs the tests may become another.
BY_NOBODY = """
import os, pwd, sys
from app.cli import main

def unknown(*_):
    raise KeyError("uid not found")

pwd.getpwuid = unknown
for user in map(int, sys.argv[1:]):
    os.setgid(user)
    os.setuid(user)
sys.argv = ["halobestie", "migrate"]
main()
"""


def nobody() -> int | None:
    """The user that root becomes; None for whoever is not root, or where packages lie in a home closed to others."""
    places = [place for prefix in (sys.prefix, sys.base_prefix) for place in Path(prefix).resolve().parents]
    return NOBODY if os.geteuid() == 0 and all(place.stat().st_mode & 1 for place in places) else None


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """Where the wheel is installed, for everybody to read."""
    with TemporaryDirectory(prefix="halobestie-test-") as directory:
        place = Path(directory)
        place.chmod(0o755)
        checkout = place / "checkout"
        checkout.mkdir()
        for name in SOURCES:
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
                )
            else:
                shutil.copy(ROOT / name, checkout / name)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        no_network = ["--no-deps", "--no-index"]
        subprocess.run([*pip, "wheel", "--no-build-isolation", *no_network, "-w", place, checkout], check=True)
        wheel = next(place.glob("*.whl"))
        subprocess.run([*pip, "install", *no_network, "--target", place / "site", wheel], check=True)
        shutil.rmtree(checkout)
        yield place / "site"


def run(installed: Path, *command: str, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "DATABASE_URL": url, **environment},
        cwd="/",
        capture_output=True,
        encoding="latin-1",
        check=False,
        timeout=START_SECONDS,
    )


def test_the_wheel_is_what_runs(installed: Path) -> None:
    place = run(installed, "-c", "import app; print(app.__file__)", url="").stdout
    assert place.strip() == str(installed / "app/__init__.py")


def test_it_migrates_an_empty_and_a_live_database_to_the_same(
    installed: Path, conn: psycopg.Connection, database_url: str, empty_database_url: str
) -> None:
    before = picture(conn)
    for url in (empty_database_url, database_url):
        migrated = run(installed, "-m", "app", "migrate", url=url)
        assert migrated.returncode == 0, migrated.stderr
        assert " 0 functions dropped" in migrated.stderr
        with psycopg.connect(url) as there:
            assert picture(there) == before


def test_a_wheel_that_lost_a_file_is_refused(
    installed: Path, conn: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    damaged = shutil.copytree(installed, tmp_path / "site")
    (damaged / "app/db/functions/pairing/accept_offer.sql").unlink()
    before = conn.execute(STATE).fetchall()
    refused = run(damaged, "-m", "app", "migrate", url=database_url)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "looks incomplete" in refused.stderr
    assert conn.execute(STATE).fetchall() == before


def test_nobody_in_a_locale_without_unicode_migrates_to_the_same(
    installed: Path, conn: psycopg.Connection, empty_database_url: str, tmp_path: Path
) -> None:
    places = subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", tmp_path / "en_US.ISO-8859-1"],
        capture_output=True,
        check=False,
    )
    locale = {"LOCPATH": str(tmp_path), "LC_ALL": "en_US.ISO-8859-1"} if places.returncode == 0 else {"LC_ALL": "POSIX"}
    migrated = run(
        installed,
        "-c",
        BY_NOBODY,
        *([str(user)] if (user := nobody()) else []),
        url=empty_database_url,
        PGCLIENTENCODING="LATIN1",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        **locale,
    )
    assert migrated.returncode == 0, migrated.stderr
    with psycopg.connect(empty_database_url) as there:
        assert picture(there) == picture(conn)


def test_a_paid_session_runs_on_the_wheel_as_nobody(
    installed: Path, conn: psycopg.Connection, app_url: Callable[[str], str], valkey_url: str
) -> None:
    urls = {"api": app_url("halo_app"), "internal": app_url("halo_cc"), "listener": app_url("halo_listener")}
    with serving(list(urls), place=installed, url=urls, valkey_url=valkey_url, user=nobody()) as served:
        visitors = Visitors(served, conn)
        session = visitors.begin()
        visitors.talk(session)
        visitors.end(session)
    assert conn.execute("SELECT * FROM ops.invariant_violations").fetchall() == []
