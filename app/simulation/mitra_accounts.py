"""Makes the simulation's mitras, through the control centre."""

import asyncio
from collections.abc import Callable

import httpx

from app.client import Refused, read_reply, send_json
from app.simulation.world import World

ADMIN = {"email": "admin@halobestie.local", "password": "halobestie-demo"}
"""The demo login, which only `seed-demo` makes."""

FIRST_PHONE = 6281199000000
"""Phone numbers from here on belong to the simulation's mitras alone."""

NAMES = ("Sari", "Budi", "Dewi", "Agus", "Rina", "Eko", "Wati", "Joko", "Putri", "Hadi")
MADE_AT_A_TIME = 8


def phone(number: int) -> str:
    """The phone number of the simulation's n-th mitra."""
    return f"+{FIRST_PHONE + number}"


async def make_mitras(world: World, internal: httpx.AsyncClient, mitras: int, made: Callable[[], None]) -> None:
    """Make the first `mitras` mitras, where they do not exist yet; `made()` is called for each.

    Raises Refused when the demo login is not there, Unknown when the control centre can't be reached.
    """
    login = await world.patiently(lambda: _ask(internal, "/internal/auth/login", ADMIN, {}))
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    at_a_time = asyncio.Semaphore(MADE_AT_A_TIME)

    async def make(number: int) -> None:
        body = {"display_name": f"{NAMES[number % len(NAMES)]} {number // len(NAMES) + 1}", "phone": phone(number)}
        async with at_a_time:
            try:
                await world.patiently(lambda: _ask(internal, "/internal/mitras", body, headers))
            except Refused as refusal:
                if refusal.status != httpx.codes.CONFLICT:  # made by an earlier run
                    raise
        made()

    async with asyncio.TaskGroup() as tasks:
        for number in range(mitras):
            tasks.create_task(make(number))


async def _ask(internal: httpx.AsyncClient, path: str, body: object, headers: dict[str, str]) -> dict[str, str]:
    reply: dict[str, str] = read_reply(await send_json(internal, "POST", path, body, headers))
    return reply
