"""Who is there in these tests."""

import psycopg
import pytest

from tests.support.people import People


@pytest.fixture
def people(conn: psycopg.Connection) -> People:
    """People of this test's own database."""
    return People(conn)
