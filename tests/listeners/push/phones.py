"""Devices of people, and what became of the pushes to them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.fcm.server import FcmServer
from tests.support.market import Person
from tests.support.waiting import eventually

Row = tuple[Any, ...]


class Phones:
    """Devices of people, and what became of the pushes to them."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn

    def of(self, person: Person, *, locale: str = "id") -> str:
        """A new device of a person who reads this language."""
        token = f"device:{uuid4().hex}"
        self._conn.execute("SELECT api.register_push_token(%s, %s, %s)", [person.type, person.id, token])
        self._conn.execute("SELECT api.update_profile(%s, %s, NULL, %s)", [person.type, person.id, locale])
        return token

    def pushes(self, token: str) -> list[Row]:
        """The pushes to a device: type, status, attempts, last error."""
        return self._conn.execute(
            "SELECT type, status, attempts, last_error FROM core.pushes WHERE token = %s ORDER BY created_at, id",
            [token],
        ).fetchall()

    def statuses(self, token: str) -> list[str]:
        """What became of the pushes to a device."""
        return [status for _, status, _, _ in self.pushes(token)]

    def is_known(self, token: str) -> bool:
        """Whether anything would be pushed to it."""
        return self._conn.execute("SELECT FROM core.push_tokens WHERE token = %s", [token]).fetchone() is not None

    async def settle(self, token: str, *statuses: str) -> None:
        """Wait until this is what became of the pushes to a device."""

        async def settled() -> bool:
            return self.statuses(token) == list(statuses)

        try:
            await eventually(settled, f"the pushes are {statuses}")
        except pytest.fail.Exception:
            pytest.fail(f"the pushes are {self.pushes(token)}, not {statuses}")


def was_tried(fcm: FcmServer, times: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many requests came to FCM."""

    async def tried() -> bool:
        return len(fcm.messages) >= times

    return tried
