"""What a simulated person does in a session: reads and writes messages."""

import asyncio
import contextlib

from app.client import Client, Refused, SignedOut, Unknown
from app.simulation.world import World


async def chat(world: World, device: Client, session_id: str) -> None:
    """Write until the session takes no more messages, or until cancelled; while the session is paused, go on trying."""
    number = 0
    with contextlib.suppress(Unknown, SignedOut):
        while True:
            await asyncio.sleep(world.behaviour.draw(world.behaviour.writes))
            await device.send({"type": "read", "session_id": session_id, "seq": device.sessions.get(session_id, 0)})
            await device.send({"type": "typing", "session_id": session_id})
            number += 1
            try:
                await device.say(session_id, f"{device.login.user.type} says {number}")
                world.statistics.count("messages written")
            except Refused as refusal:
                if refusal.code != "SESSION_PAUSED":
                    return
