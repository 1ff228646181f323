"""A simulated mitra: online, beating, answering offers."""

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from functools import partial
from typing import Any

from app.client import Client, Frame, Refused, SignedOut, Unknown
from app.simulation.behaviour import SHORTEST_MINUTES
from app.simulation.chatter import chat
from app.simulation.world import World, first_of, until_cancelled

AWAY_SECONDS = 20.0
"""How long a mitra who can't log in stays away."""

LEAVING_SECONDS = 2.0
"""How long a mitra tries to go offline."""

ANSWERING_SECONDS = 20.0
"""How long a mitra tries to send an answer; an offer does not live much longer."""

DONE = {"accept": "offers accepted", "decline": "offers declined"}


class SimulatedMitra:
    """One mitra with one device."""

    def __init__(self, world: World, phone: str, code: str) -> None:
        self.device: Client | None = None
        """The device that the mitra uses now."""
        self.stopped = asyncio.Event()
        """Set when the mitra works no more."""
        self._world = world
        self._identity = {"phone": phone, "user_type": "mitra"}
        self._code = code
        self._answers: dict[str, asyncio.Task[None]] = {}
        """The answers and chats under way, by the id of their offer or session."""
        self._deciding: set[str] = set()
        self._set_offline = asyncio.Event()

    async def live(self) -> None:
        """Work in shifts with breaks until `world.mitras_stop`; then stay connected until cancelled."""
        while True:
            try:
                await self._log_in_and_work()
            except* (Refused, Unknown):
                self._world.statistics.count("mitras turned away")
                await asyncio.sleep(AWAY_SECONDS)
            except* SignedOut:
                self._world.statistics.count("mitras signed out")

    async def _log_in_and_work(self) -> None:
        await self._world.patiently(lambda: self._world.ask("POST", "/api/auth/otp/request", self._identity))
        login = await self._world.log_in("/api/auth/otp/verify", self._identity | {"code": self._code})
        seen, sessions = (None, None) if self.device is None else (self.device.seq, self.device.sessions)
        async with self._world.device(login, self._hear, after_seq=seen, sessions=sessions) as self.device:
            try:
                while not self._world.mitras_stop.is_set():
                    await self._work(self.device)
                    await first_of(
                        self._world.behaviour.draw(self._world.behaviour.mitra_rests), self._world.mitras_stop
                    )
                self.stopped.set()
                await until_cancelled()
            finally:
                for answer in self._answers.values():
                    answer.cancel()

    async def _work(self, device: Client) -> None:
        """One shift: until the break, until `world.mitras_stop`, or until the mitra is set offline."""
        self._set_offline.clear()
        await self._world.patiently(lambda: device.request("POST", "/api/mitra/status/online"))
        device.beating = True
        works = self._world.behaviour.draw(self._world.behaviour.mitra_works)
        await first_of(works, self._world.mitras_stop, self._set_offline)
        device.beating = False
        if not self._set_offline.is_set():
            leave = partial(device.request, "POST", "/api/mitra/status/offline")
            with contextlib.suppress(Unknown):
                await self._world.patiently(leave, LEAVING_SECONDS)

    def _hear(self, frame: Frame) -> None:
        match frame:
            case {"type": "pairing_offer", "offer_id": str(offer_id), "duration_minutes": int(minutes)} if (
                minutes < SHORTEST_MINUTES
            ):
                self._keep(offer_id, self._answer(offer_id, "decline", at_once=True))
            case {"type": "pairing_offer", "offer_id": str(offer_id), "session_id": str(session_id)}:
                self._world.statistics.count("offers")
                self._world.statistics.offered(session_id)
                self._consider(offer_id)
            case {"type": "offer_rescinded" | "offer_cancelled" | "offer_expired", "offer_id": str(offer_id)}:
                if offer_id in self._deciding:
                    self._answers[offer_id].cancel()
            case {"type": "session_started", "session_id": str(session_id)} if self.device is not None:
                if self._world.behaviour.happens(self._world.behaviour.never_writes):
                    self._world.statistics.count("sessions in which the mitra wrote nothing")
                    return
                self._keep(session_id, chat(self._world, self.device, session_id))
            case {"type": "session_ended", "session_id": str(session_id)} if session_id in self._answers:
                self._answers[session_id].cancel()
            case {"type": "status_changed", "is_online": False, "cause": str(cause)} if cause != "mitra":
                self._world.statistics.count(f"mitras set offline: {cause}")
                self._set_offline.set()
            case {"type": "error", "code": "NOT_ONLINE"}:
                self._set_offline.set()
            case {"type": "resumed", "recovered": False}:
                self._keep("reload", self._reload())

    def _consider(self, offer_id: str) -> None:
        chance, behaviour = random.random(), self._world.behaviour
        if chance < behaviour.accepts:
            self._keep(offer_id, self._answer(offer_id, "accept"))
        elif chance < behaviour.accepts + behaviour.declines:
            self._keep(offer_id, self._answer(offer_id, "decline"))
        else:
            self._world.statistics.count("offers ignored")

    async def _answer(self, offer_id: str, verb: str, *, at_once: bool = False) -> None:
        self._deciding.add(offer_id)
        try:
            await asyncio.sleep(0 if at_once else self._world.behaviour.draw(self._world.behaviour.mitra_reacts))
        finally:
            self._deciding.discard(offer_id)
        device = self.device
        assert device is not None, "offers come through a device"
        try:
            path = f"/api/mitra/offers/{offer_id}/{verb}"
            await self._world.patiently(lambda: device.request("POST", path), ANSWERING_SECONDS)
            self._world.statistics.count(DONE[verb])
        except Refused as refusal:
            self._world.statistics.count(f"answers refused: {refusal.code}")
        except (Unknown, SignedOut):
            pass  # the offer expires without this answer

    async def _reload(self) -> None:
        """Ask for the live offers: events that were missed are not sent again."""
        device = self.device
        assert device is not None, "a device has just resumed"
        with contextlib.suppress(Refused, Unknown, SignedOut):
            for offer in (await self._world.patiently(lambda: device.request("GET", "/api/mitra/offers")))["items"]:
                if offer["id"] not in self._answers:
                    self._consider(offer["id"])

    def _keep(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._answers[name] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._answers.pop(name, None))
