"""Planted bugs: faults of our own code that a run must catch. Each is a small change of a copy of the source."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.place import ABLE, ANSWERS, MIRRORED, ON_TIME, ONE_LEADS
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
    promise: str
    """What a run must say is broken: words of one of its violations."""
    tries: int = 4
    """How often the faults happen, when nothing is found before."""

    def is_seen_in(self, violations: Sequence[str]) -> bool:
        """Whether the promise that it breaks is among those that were found broken."""
        return any(self.promise in violation for violation in violations)

    def plant(self, directory: Path) -> Path:
        """A copy of the source with the bug in it. Where it goes into PYTHONPATH, the bug runs."""
        for room in ROOMS:
            shutil.copytree(ROOT / room, directory / room, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        (directory / "app/http/assets/node_modules").symlink_to(ROOT / "app/http/assets/node_modules")
        (directory / self.file).write_text(self.changed())
        return directory

    def changed(self) -> str:
        """Its file with the bug in it."""
        text = (ROOT / self.file).read_text()
        assert text.count(self.right) == 1, f"{self.name}: {self.file} no longer has its place once"
        return text.replace(self.right, self.wrong)


PLANTED = (
    Planted(
        "a repeated request is a new one",
        "app/http/idempotency.py",
        "    return header\n",
        "    return None\n",
        ["answers_lost"],
        "asked for",
    ),
    Planted(
        "a lost link to Valkey is not made again",
        "app/mirror/server.py",
        "            await asyncio.sleep(next(rests))",
        "            return",
        ["valkey_killed"],
        ABLE,
    ),
    Planted(
        "a lost session that listens is not made again",
        "listeners/engine/notifications.py",
        "            self.first_try.set()\n            await self._program.pause(next(waits))",
        "            self.first_try.set()\n            await self._program.until_stopped()",
        ["postgres_restarted"],
        ABLE,
    ),
    Planted(
        "a server that falls silent is waited for without end",
        "app/postgres/bounded.py",
        "        await asyncio.wait({work}, timeout=seconds)\n    except",
        "        await asyncio.wait({work})\n    except",
        ["way_to_postgres_deaf"],
        ABLE,
    ),
    Planted(
        "a concern that failed once never works again",
        "listeners/engine/program.py",
        "                await self.pause(next(waits))\n                continue",
        "                await self.until_stopped()\n                continue",
        ["postgres_restarted"],
        ON_TIME,
    ),
    Planted(
        "a listener asks only once to lead",
        "listeners/engine/leadership.py",
        "            await self._program.pause(self._ask_seconds)",
        "            await self._program.until_stopped()",
        ["leader_paused_beyond_its_lease"],
        ONE_LEADS,
    ),
    Planted(
        "a mitra who went offline stays in the mirror",
        "app/mirror/lua/apply.lua",
        "write('SREM', ONLINE, offline, 1)",
        "",
        ["valkey_clients_cut"],
        "'differences': ",
    ),
    Planted(
        "a key is remembered for a tenth of a second only",
        "app/http/idempotency.py",
        "    return header\n",
        '    return header and header[:200] + str(int(__import__("time").time() * 10))\n',
        ["answers_lost"],
        "asked for",
    ),
    Planted(
        "a message is acknowledged although PostgreSQL did not take it",
        "app/sockets/conversation.py",
        """        message, _ = await self._messenger.send(
            socket.claims, session_id=frame.session_id, client_message_id=frame.client_message_id, body=frame.body
        )
""",
        """        try:
            message, _ = await self._messenger.send(
                socket.claims, session_id=frame.session_id, client_message_id=frame.client_message_id, body=frame.body
            )
        except psycopg.OperationalError:
            socket.send(MessageAck(frame.session_id, frame.client_message_id, 1, instant.now()))
            return
""",
        ["postgres_killed"],
        "message lost",
    ),
    Planted(
        "a message counts as delivered before its device proves that it is alive",
        "app/sockets/delivery_pings.py",
        "        self._given[session_id] = Given(after, seq)\n",
        "        self._given[session_id] = Given(after, seq)\n        self._note(session_id, after, seq)\n",
        ["way_to_clients_deaf"],
        "said to be delivered, and had not arrived",
        tries=8,
    ),
    Planted(
        "a message is told before it is committed",
        "app/sockets/messenger.py",
        """            sent = await self._sending_db.call(messages.send_messages, said=said)
""",
        """            async with self._sending_db.transaction() as conn:
                sent = await messages._send_messages(
                    conn,
                    session_ids=[message.session_id for message in said],
                    sender_types=[message.sender_type for message in said],
                    sender_ids=[message.sender_id for message in said],
                    client_message_ids=[message.client_message_id for message in said],
                    bodies=[message.body for message in said],
                )
                for one in sent:
                    for party in (f"customer:{one.customer_id}", f"mitra:{one.mitra_id}"):
                        self._hub.tell(party, message_frame(bytes(one.message)))
                await asyncio.sleep(0.1)
""",
        ["postgres_killed"],
        "told and not stored",
        tries=8,
    ),
    Planted(
        "the successor of a token is drawn, not derived",
        "app/resources/logins.py",
        """            successor_hash=refresh_hash(signer.successor(refresh_token, generation)),
            user_types=list(of),
        )
        if login.refusal is not None:
            raise Problem(login.refusal)
        assert login.generation is not None, "a login that is not refused says which generation is due"
        generation = login.generation
        if login.successor_hash is not None:
            successor = signer.known_successor(refresh_token, generation, login.successor_hash)
""",
        """            successor_hash=refresh_hash(successor := __import__("secrets").token_urlsafe(32)),
            user_types=list(of),
        )
        if login.refusal is not None:
            raise Problem(login.refusal)
        generation = login.generation or 1
        if login.successor_hash is not None:
""",
        ["answers_lost"],
        "was signed out",
        tries=8,
    ),
    Planted(
        "a reseed empties the mirror first",
        "app/mirror/lua/begin.lua",
        "local was_whole = is_whole()\n",
        "local was_whole = is_whole()\ncall('DEL', ONLINE, DEACTIVATED, MITRAS, FREE, FULL, LAPSED, RANKED)\n",
        ["reseeds_asked_for"],
        "a whole mirror",
    ),
    Planted(
        "an older row takes the place of a newer row",
        "app/mirror/lua/apply.lua",
        "if stored > version and stored ~= override then",
        "if false then",
        ["reseeds_asked_for"],
        "the mirror went back",
        tries=20,
    ),
    Planted(
        "a leader that was replaced may still write",
        "app/mirror/lua/prelude.lua",
        """            return true
        end
        call('SET', LEADER, leader)
""",
        """        end
        call('SET', LEADER, leader)
""",
        ["leader_paused_beyond_its_lease"],
        "wrote after leader",
    ),
    Planted(
        "a leader believes in a lease that is over",
        "listeners/engine/leadership.py",
        """            if seconds_left <= 0:
                return "the lease could not be renewed in time"
            try:
                async with asyncio.timeout(seconds_left):
                    if not await self._backend.run(renew_leadership, name=LISTENER, epoch=epoch, seconds=LEASE_SECONDS):
                        return "the lease is not ours any more"
""",
        """            try:
                async with asyncio.timeout(5):
                    await self._backend.run(renew_leadership, name=LISTENER, epoch=epoch, seconds=LEASE_SECONDS)
""",
        ["leader_paused_beyond_its_lease"],
        ONE_LEADS,
    ),
    Planted(
        "a lease lasts an hour",
        "listeners/engine/leadership.py",
        "LEASE_SECONDS = 3.0",
        "LEASE_SECONDS = 3600.0",
        ["leader_killed"],
        ABLE,
    ),
    Planted(
        "a listener that can't ask for the lead ends",
        "listeners/engine/leadership.py",
        """                metrics.listener_failures.labels("leadership").inc()
                failures.failed(error)
                await self._program.pause(next(waits))
                continue
""",
        """                raise SystemExit(1) from error
""",
        ["postgres_restarted"],
        ANSWERS,
    ),
    Planted(
        "what changed before it listened again is not read",
        "listeners/engine/notifications.py",
        """            for callback in self.on_listening:
""",
        """            for callback in self.on_listening[:0]:
""",
        ["listen_refused"],
        MIRRORED,
    ),
    Planted(
        "a half-open session that listens is not noticed",
        "listeners/engine/notifications.py",
        "                    await ear.listen(seconds=rest)\n",
        "                    await ear.listen(seconds=3600)\n",
        ["way_of_leader_to_postgres_deaf"],
        MIRRORED,
    ),
    Planted(
        "a breaker that opened stays open",
        "app/mirror/server.py",
        "            self._link = link\n",
        "            self._link = None if self._tried.is_set() else link\n",
        ["valkey_killed"],
        ABLE,
    ),
    Planted(
        "a mirror that was emptied is not built again",
        "listeners/concerns/watch.py",
        """            if is_well:
                self._reseeder""",
        """            if not is_well:
                self._reseeder""",
        ["valkey_emptied"],
        ABLE,
    ),
    Planted(
        "an app that met a read-only PostgreSQL closes its pool",
        "app/postgres/database.py",
        "            await self._pool.drain()\n",
        "            await self._pool.close()\n",
        ["postgres_read_only"],
        ABLE,
    ),
    Planted(
        "an app does not hear SIGTERM",
        "app/cli/servers.py",
        "        super().handle_exit(sig, frame)\n",
        "        return\n",
        ["api_ended"],
        "to end after SIGTERM",
    ),
    Planted(
        "a listener does not hear SIGTERM",
        "listeners/daemon.py",
        "add_signal_handler(number, program.stop)",
        "add_signal_handler(number, lambda: None)",
        ["leader_ended"],
        "to end after SIGTERM",
    ),
    Planted(
        "a device that comes back gets nothing that it missed",
        "app/sockets/user_stream.py",
        "after_seq=seq, limit=limit",
        "after_seq=seq + 1, limit=limit",
        ["way_to_clients_cut"],
        "'devices_unreached': ",
    ),
)
