"""Databases to be brought up to date, and copies of db/ to change."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.postgres import migrations
from tests.support.servers import PostgresServer


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of db/ to change."""
    return shutil.copytree(migrations.DIRECTORY, tmp_path / "db")


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database without anything in it."""
    maintenance = postgres_server.url(postgres_server.maintenance_dbname)
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(maintenance, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield postgres_server.url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
