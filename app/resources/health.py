"""Whether the process lives and whether it can serve; on both apps."""

import asyncio
from typing import Literal

import psycopg
import valkey.exceptions

from app.bounded import bounded
from app.http.call import Call
from app.http.operation import Resource, Routes, operation
from app.problems import Problem
from app.shapes import Alive, Readiness

PROBE_SECONDS = 2.0


class Health(Resource):
    """GET /healthz."""

    @operation()
    async def on_get(self, _call: Call) -> Alive:
        """Say that the process lives."""
        return Alive()


class Ready(Resource):
    """GET /readyz."""

    @operation()
    async def on_get(self, _call: Call) -> Readiness:
        """Say whether requests can be served.

        A PostgreSQL that takes writes is needed, and a clock that agrees with its own. Valkey is reported, because
        without it everything works, only slower.
        """
        postgres_is_up, valkey_is_up = await asyncio.gather(self._postgres_takes_writes(), self._valkey_answers())
        state: Literal["up", "down"] = "up" if valkey_is_up else "down"
        if not postgres_is_up:
            raise Problem("SERVICE_UNAVAILABLE", f"PostgreSQL is down or takes no writes; Valkey is {state}.")
        await self.services.clock.require()
        return Readiness(valkey=state)

    async def _postgres_takes_writes(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS), self.services.db.connection() as conn:
                cursor = await bounded(conn, conn.execute("SHOW transaction_read_only"), seconds=PROBE_SECONDS)
                return await cursor.fetchone() == ("off",)
        except (psycopg.Error, TimeoutError):
            return False

    async def _valkey_answers(self) -> bool:
        try:
            await self.services.valkey.ping()
        except (valkey.exceptions.ValkeyError, OSError):
            return False
        return True


ROUTES: Routes = {"/healthz": Health, "/readyz": Ready}
