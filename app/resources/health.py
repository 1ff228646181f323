"""Whether the process lives and whether it can serve; on both apps."""

import asyncio
from typing import Literal

import valkey.exceptions

from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.problems import Problem
from app.readiness.condition import valkey_reasons
from app.shapes.health import Alive, Readiness


class Health(Resource):
    """GET /healthz."""

    @operation()
    async def on_get(self, _call: Call) -> Alive:
        """Say that the process lives."""
        return Alive()


class ReadinessCheck(Resource):
    """GET /readyz."""

    @operation(name="Ready_get")
    async def on_get(self, _call: Call) -> Readiness:
        """Say whether requests can be served.

        A PostgreSQL that takes writes is needed, and a clock that agrees with its own. Trouble that every process
        shares makes the answer `degraded`, with its reasons, and still 200: to take this process away would not help.
        """
        condition, valkey_is_up = await asyncio.gather(self.services.conditions.look(), self._valkey_answers())
        state: Literal["up", "down"] = "up" if valkey_is_up else "down"
        if condition is None or not condition.is_writable:
            raise Problem("SERVICE_UNAVAILABLE", f"PostgreSQL is down or takes no writes; Valkey is {state}.")
        await self.services.clock.require()
        reasons = [*condition.reasons, *await valkey_reasons(self.services.gateway)]
        return Readiness(valkey=state, status="degraded" if reasons else "ready", reasons=reasons)

    async def _valkey_answers(self) -> bool:
        try:
            await self.services.valkey.ping()
        except (valkey.exceptions.ValkeyError, OSError):
            return False
        return True


ROUTES: Routes = {"/healthz": Health, "/readyz": ReadinessCheck}
