"""Planted bugs: faults of our own code that a run must catch. Each is a small change of a copy of the source."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.command import ROOT

ROOMS = ("app", "listeners", "db")


@dataclass(frozen=True)
class Planted:
    """A change of one file, and the faults that must show it."""

    name: str
    file: str
    right: str
    wrong: str
    faults: Sequence[str]

    def plant(self, directory: Path) -> Path:
        """A copy of the source with the bug in it. Where it goes into PYTHONPATH, the bug runs."""
        for room in ROOMS:
            shutil.copytree(ROOT / room, directory / room, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        (directory / "app/http/assets/node_modules").symlink_to(ROOT / "app/http/assets/node_modules")
        file = directory / self.file
        text = file.read_text()
        assert text.count(self.right) == 1, f"{self.name}: {self.file} no longer has its place once"
        file.write_text(text.replace(self.right, self.wrong))
        return directory


PLANTED = (
    Planted(
        "a repeated request is a new one",
        "app/http/idempotency.py",
        "    return header\n",
        "    return None\n",
        ["answers_lost"],
    ),
    Planted(
        "a lost link to Valkey is not made again",
        "app/mirror/server.py",
        "            await asyncio.sleep(next(rests))",
        "            return",
        ["valkey_killed"],
    ),
    Planted(
        "a lost session that listens is not made again",
        "listeners/engine/notifications.py",
        "            self.first_try.set()\n            await self._program.pause(next(waits))",
        "            self.first_try.set()\n            await self._program.until_stopped()",
        ["postgres_restarted"],
    ),
    Planted(
        "a server that falls silent is waited for without end",
        "app/postgres/bounded.py",
        "        await asyncio.wait({work}, timeout=seconds)\n    except",
        "        await asyncio.wait({work})\n    except",
        ["way_to_postgres_deaf"],
    ),
    Planted(
        "a concern that failed once never works again",
        "listeners/engine/program.py",
        "                await self.pause(next(waits))\n                continue",
        "                await self.until_stopped()\n                continue",
        ["postgres_restarted"],
    ),
    Planted(
        "a listener asks only once to lead",
        "listeners/engine/leadership.py",
        "            await self._program.pause(self._ask_seconds)",
        "            await self._program.until_stopped()",
        ["leader_killed"],
    ),
    Planted(
        "a mitra who went offline stays in the mirror",
        "app/mirror/lua/apply.lua",
        "write('SREM', ONLINE, offline, 1)",
        "",
        ["valkey_clients_cut"],
    ),
    Planted(
        "a listener does not hear SIGTERM",
        "listeners/daemon.py",
        "add_signal_handler(number, program.stop)",
        "add_signal_handler(number, lambda: None)",
        ["leader_ended"],
    ),
    Planted(
        "a device that comes back gets nothing that it missed",
        "app/sockets/user_stream.py",
        "after_seq=seq, limit=limit",
        "after_seq=seq + 1, limit=limit",
        ["way_to_clients_cut"],
    ),
)
