"""What systemd hears of a process that it started with `Type=notify`; without systemd, nothing happens."""

import asyncio
import os
import socket
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


def tell(state: str) -> None:
    """Send one word. It never waits, and a systemd that does not take it changes nothing."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
        to.sendto(state.encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)


def alive_seconds() -> float | None:
    """How often to say that this process lives: three times in `WatchdogSec`. None where nobody asks this process."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 3e6 if microseconds.isdecimal() and int(microseconds) else None


async def keep_alive() -> None:
    """Say again and again that this event loop turns, so that systemd replaces a process whose loop stands still."""
    seconds = alive_seconds()
    while seconds is not None:
        tell(ALIVE)
        await asyncio.sleep(seconds)
