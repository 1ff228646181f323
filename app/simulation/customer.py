"""A simulated customer: looks at the beacon, pays, is paired, chats, leaves, and comes again."""

import asyncio
import contextlib
import math
import time
from functools import partial
from typing import Any

from app.client import Client, Frame, Refused, SignedOut, Unknown
from app.simulation.behaviour import SHORTEST_MINUTES
from app.simulation.chatter import chat
from app.simulation.statistics import moment
from app.simulation.world import World, first_of, until_cancelled

AWAY_SECONDS = 10.0
"""How long a customer who can't be served stays away."""

LOOK_AGAIN_SECONDS = 15.0
"""After so long without news a customer asks how the session stands."""

STOPPING_SECONDS = 3.0
"""After `world.customers_stop` a customer tries to leave, at these intervals."""

ILL_REPUTED = ("0", "8")
"""How the ids of those mitras end of whom customers complain: a few, so that most are never held."""

FINAL = {"completed", "cancelled", "failed"}


class SimulatedCustomer:
    """One anonymous customer with one device."""

    def __init__(self, world: World) -> None:
        self.device: Client | None = None
        """The device that the customer uses now."""
        self.stopped = asyncio.Event()
        """Set when the customer comes no more."""
        self._world = world
        self._inbox: asyncio.Queue[Frame] = asyncio.Queue()
        self._mitra = ""
        """The id of the mitra of the present session; empty before there is one."""

    async def live(self) -> None:
        """Visit again and again until `world.customers_stop`; then stay connected until cancelled."""
        await first_of(self._world.behaviour.draw(self._world.behaviour.customer_thinks), self._world.customers_stop)
        while True:
            try:
                await self._log_in_and_visit()
            except* (Refused, Unknown):
                self._world.statistics.count("customers turned away")
                await asyncio.sleep(AWAY_SECONDS)
            except* SignedOut:
                self._world.statistics.count("customers signed out")

    async def _log_in_and_visit(self) -> None:
        login = await self._world.log_in("/api/auth/customer/anonymous")
        self._inbox = asyncio.Queue()
        async with self._world.device(login, self._hear, after_seq=0) as self.device:
            while not self._world.customers_stop.is_set():
                try:
                    await self._visit(self.device)
                except (Refused, Unknown) as failure:
                    self._world.statistics.count(
                        f"visits refused: {failure.code}" if isinstance(failure, Refused) else "visits lost"
                    )
                    await self._tidy_up(self.device)
                await first_of(
                    self._world.behaviour.draw(self._world.behaviour.customer_thinks), self._world.customers_stop
                )
            await self._tidy_up(self.device)
            self.stopped.set()
            await until_cancelled()

    async def _visit(self, device: Client) -> None:
        """Pay for a session and have it. Raises Refused and Unknown when it ends early."""
        packages = (await self._read(device, "/api/packages"))["items"]
        package = min(
            (one for one in packages if not one["is_extension"] and one["duration_minutes"] >= SHORTEST_MINUTES),
            key=lambda package: package["duration_minutes"],
        )
        if not (await self._read(device, "/api/availability"))["available"]:
            self._world.statistics.count("visits with nobody there")
            return
        request = await device.insist("POST", "/api/payment-requests", {"package_id": package["id"]})
        await asyncio.sleep(self._world.behaviour.draw(self._world.behaviour.customer_pays))
        if self._world.behaviour.happens(self._world.behaviour.customer_changes_mind):
            await device.insist("POST", f"/api/payment-requests/{request['id']}/cancel")
            self._world.statistics.count("payments abandoned")
            return
        paid = await device.insist("POST", f"/api/payment-requests/{request['id']}/confirm")
        self._world.statistics.count("payments confirmed")
        if paid["session_id"] is not None:
            await self._attend(device, paid["session_id"])

    async def _attend(self, device: Client, session_id: str) -> None:
        """Wait for a mitra, chat, and end. Raises Refused and Unknown."""
        async with contextlib.AsyncExitStack() as talk:
            await self._sit_through(device, session_id, talk)
        if self._mitra.endswith(ILL_REPUTED) and self._world.behaviour.happens(self._world.behaviour.complains):
            await device.insist("POST", f"/api/chat/{session_id}/report", {"reason": "impolite"})
            await device.insist("POST", f"/api/chat/{session_id}/block")
            self._world.statistics.count("mitras reported and blocked")

    async def _sit_through(self, device: Client, session_id: str, talk: contextlib.AsyncExitStack) -> None:
        behaviour, count = self._world.behaviour, self._world.statistics.count
        gives_up = behaviour.happens(behaviour.customer_gives_up)
        leave_at = time.monotonic() + behaviour.draw(behaviour.gives_up_after) if gives_up else math.inf
        chatting, self._mitra = False, ""
        while True:
            match await self._next(session_id, leave_at):
                case {"type": "session_started", "mitra": {"id": str(mitra)}} if not chatting:
                    chatting, self._mitra = True, mitra
                    count("sessions started")
                    self._world.statistics.started(session_id)
                    talk.callback(asyncio.create_task(chat(self._world, device, session_id)).cancel)
                    stays = behaviour.happens(behaviour.lets_time_run_out)
                    leave_at = math.inf if stays else time.monotonic() + behaviour.draw(behaviour.chats)
                case {"type": "first_reply_overdue"}:
                    await self._answer_silence(device, session_id)
                case {"type": "session_ended", "end_reason": reason}:
                    count(f"sessions ended: {reason}")
                    return
                case {"type": "pairing_failed", "end_reason": reason}:
                    count(f"searches failed: {reason}")
                    return
                case {"type": "leave"}:
                    await self._leave(device, session_id)
                    leave_at = math.inf
                case {"type": "silence"}:
                    session = await self._read(device, f"/api/chat/{session_id}/info")
                    if session["status"] in FINAL:
                        count(f"sessions ended: {session['end_reason']}")
                        return

    async def _leave(self, device: Client, session_id: str) -> None:
        """End the session, or the search while there is no session yet. A frame will then say that it has ended."""
        for verb in ("cancel", "end", "cancel"):  # an accept or a reroute may come between two of these
            try:
                await self._world.patiently(partial(device.request, "POST", f"/api/chat/{session_id}/{verb}"))
            except Refused as refusal:
                if refusal.code != "INVALID_STATE":
                    raise
            else:
                return

    async def _answer_silence(self, device: Client, session_id: str) -> None:
        """Take another mitra or the money back; a mitra who writes at the last moment keeps the session."""
        path, count = f"/api/chat/{session_id}", self._world.statistics.count
        with contextlib.suppress(Refused):
            if self._world.behaviour.happens(0.5):
                await device.insist("POST", f"{path}/reroute")
                count("silent mitras left")
            else:
                await device.insist("POST", f"{path}/end", {"no_reply": True})

    async def _next(self, session_id: str, leave_at: float) -> Frame:
        """The next frame about a session; `leave` when it is time to leave, `silence` when no frame came for long."""
        if self._world.customers_stop.is_set():
            leave_at = min(leave_at, time.monotonic() + STOPPING_SECONDS)
        look_at = time.monotonic() + LOOK_AGAIN_SECONDS
        try:
            async with asyncio.timeout(max(0, min(leave_at, look_at) - time.monotonic())):
                while True:
                    frame = await self._inbox.get()
                    if frame.get("session_id") == session_id:
                        return frame
                    if frame["type"] == "customers_stop":
                        return {"type": "leave"}
        except TimeoutError:
            return {"type": "leave" if leave_at <= look_at else "silence"}

    async def _tidy_up(self, device: Client) -> None:
        """End every session of the customer that is still open."""
        with contextlib.suppress(Refused, Unknown):
            for session in (await self._read(device, "/api/chat/sessions"))["items"]:
                if session["status"] not in FINAL:
                    await self._leave(device, session["id"])

    async def _read(self, device: Client, path: str) -> Any:
        return await self._world.patiently(lambda: device.request("GET", path))

    def ask_to_stop(self) -> None:
        """Wake the customer after `world.customers_stop` is set: an open session is then ended."""
        self._inbox.put_nowait({"type": "customers_stop"})

    def _hear(self, frame: Frame) -> None:
        match frame:
            case {"type": "payment_updated", "status": "confirmed", "session_id": str(session_id), "ts": str(ts)}:
                self._world.statistics.confirmed(session_id, moment(ts))
            case {"type": "session_started" | "session_ended" | "pairing_failed" | "first_reply_overdue"}:
                self._inbox.put_nowait(frame)
