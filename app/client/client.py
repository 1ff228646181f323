"""One user's device: what it does over its socket, and what it does when the socket fails."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from app.client import timing
from app.client.answers import Refused, Sent, SignedOut, Unknown, read_error
from app.client.asking import Asking, pauses
from app.client.counters import Counters
from app.client.followed import FollowedSessions
from app.client.login import Login
from app.sockets.closing import Close
from app.wire.socket_limits import SUBPROTOCOL

log = structlog.get_logger(__name__)

Frame = dict[str, Any]


class Client(Asking):
    """One user's device: HTTP with the login's token, and one socket that is kept up.

    `on_frame` gets every stored event once and in order, every message of each session once and in order, and every
    other passing frame as it comes. It also gets a `resumed` frame with `recovered` false: then the app must reload
    through HTTP what it shows. Messages are reloaded here.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        login: Login,
        on_frame: Callable[[Frame], None],
        *,
        on_login: Callable[[Login], Awaitable[None]] | None = None,
        on_error: Callable[[Exception], None] | None = None,
        after_seq: int | None = None,
        sessions: dict[str, int] | None = None,
        counters: Counters | None = None,
    ) -> None:
        """`http` knows the server's address. `after_seq` is the last event the app has; None: begin with the next.

        `on_login` stores new tokens. They are not used before it returns; when it raises, the old ones are tried again.

        `on_error` is called with errors that don't stop the client: an exception of `on_frame`, whose frame counts as
        handed on, or an answer that can't be read. Without it, they are logged.

        `sessions` are the sessions that it follows, each with the last message that the app has. Other sessions are
        followed from their first message, as soon as they start.
        """
        super().__init__(http, login, on_login, counters or Counters())
        self.seq = after_seq
        """The last stored event handed on."""
        self.ready = asyncio.Event()
        """Set while the socket is up and has caught up."""
        self._followed = FollowedSessions(sessions if sessions is not None else {})
        self._on_frame = on_frame
        self._on_error = on_error or _log
        self._beating = False
        self._begun_to_beat = asyncio.Event()
        self._unacknowledged: dict[str, asyncio.Future[Sent]] = {}
        self._asked: set[str] | None = None
        """While a resume is not answered: the sessions that had ended when it was sent."""
        self._ask_again = False
        self._look_at = self._heard_at = 0.0
        self._connection: ClientConnection | None = None

    @property
    def sessions(self) -> dict[str, int]:
        """The last message handed on of each session that is followed, the newest session last."""
        return self._followed.last_messages

    @property
    def beating(self) -> bool:
        """Whether to beat: set it when the mitra goes online, and the first beat is sent at once."""
        return self._beating

    @beating.setter
    def beating(self, beating: bool) -> None:
        if beating and not self._beating:
            self._begun_to_beat.set()
        self._beating = beating

    # -- what an app asks for ------------------------------------------------------------------------------------------

    async def say(self, session_id: str, body: str, *, seconds: float = 30.0) -> Sent:
        """Send a message until it is known to be committed: through the socket while it is up, otherwise through HTTP.

        When the socket gives no answer, HTTP is asked next, for it may lead to another instance.

        Raises Refused; Unknown when no answer came in so many seconds; SignedOut when the login has ended.
        """
        id_ = uuid.uuid4().hex
        give_up_at = time.monotonic() + seconds
        by_socket = True
        for pause in pauses():
            try:
                return await self._say_once(session_id, id_, body, by_socket=by_socket)
            except Unknown:
                by_socket = not by_socket
                self.counters.unknown += 1
                if time.monotonic() + pause > give_up_at:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    async def _say_once(self, session_id: str, id_: str, body: str, *, by_socket: bool) -> Sent:
        if not (by_socket and self.ready.is_set()):
            message = {"client_message_id": id_, "body": body}
            return msgspec.convert(await self.request("POST", f"/api/chat/{session_id}/messages", message), Sent)
        waiting: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._unacknowledged[id_] = waiting
        try:
            async with asyncio.timeout(timing.ACK_SECONDS):
                await self.send({"type": "message", "session_id": session_id, "client_message_id": id_, "body": body})
                return await waiting
        except TimeoutError:
            raise Unknown("No acknowledgement came.") from None
        finally:
            del self._unacknowledged[id_]

    def follow(self, session_id: str, after_seq: int = 0) -> None:
        """Ask for this session's messages after a number, whenever the socket resumes."""
        self._followed.follow(session_id, after_seq)

    async def send(self, frame: Frame) -> None:
        """Send a frame if the socket is up; send through HTTP what must not be lost."""
        if self._connection is not None:
            with contextlib.suppress(ConnectionClosed):  # the reader sees the same and reconnects
                await self._connection.send(msgspec.json.encode(frame).decode())

    async def catch_up(self, seconds: float) -> bool:
        """Ask for everything that was missed; True once the server says that nothing newer is stored for this user."""
        self.ready.clear()
        await self._resume()
        try:
            async with asyncio.timeout(seconds):
                await self.ready.wait()
        except TimeoutError:
            return False
        return True

    # -- the connection ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the socket up until cancelled. Raises SignedOut when the login has ended, and nothing else."""
        waits = pauses()
        while True:
            try:
                if self._requests.expires_soon:
                    await self._requests.refresh(self.login.access_token)
                await self._converse()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else None
                if code == Close.FORBIDDEN:
                    raise SignedOut(closed.rcvd.reason if closed.rcvd else "") from None
                if code == Close.UNAUTHENTICATED:
                    self._requests.expire()
            except (OSError, TimeoutError, WebSocketException, Unknown):
                pass
            except SignedOut:
                raise
            except Exception as error:  # noqa: BLE001  # another connection may fare better
                self._on_error(error)
            finally:
                was_ready = self.ready.is_set()
                self.ready.clear()
                self._connection = None
                for waiting in self._unacknowledged.values():
                    if not waiting.done():
                        waiting.set_exception(Unknown("The connection ended before the acknowledgement came."))
            if was_ready:
                waits = pauses()
            await asyncio.sleep(next(waits))

    async def _converse(self) -> None:
        """One connection, until it ends with ConnectionClosed or another failure."""
        token = self.login.access_token
        async with connect(
            self._requests.socket_url(),
            subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")],
            compression=None,
            proxy=None,
            open_timeout=timing.OPEN_SECONDS,
            close_timeout=timing.CLOSE_SECONDS,
        ) as connection:
            self._connection = connection
            self._asked, self._ask_again = None, False
            self._look_at = time.monotonic() + timing.LOOK_SECONDS  # the client resumes after `ready`
            self.counters.connections += 1
            if self.login.access_token != token:  # changed while it connected
                await self._prolong()
            upkeep = asyncio.create_task(self._keep_up(connection))
            try:
                while True:
                    frame = msgspec.json.decode(await connection.recv())
                    self._heard_at = time.monotonic()
                    await self._receive(frame)
            finally:
                upkeep.cancel()

    async def _keep_up(self, connection: ClientConnection) -> None:
        """Beat, and change tokens before they expire, as long as the connection lasts."""
        while True:
            self._begun_to_beat.clear()
            if self._is_unanswered():
                connection.transport.abort()  # another connection may fare better
                return
            if self.beating:
                await self.send({"type": "heartbeat"})
            if self._followed.open and time.monotonic() > self._look_at:
                await self._resume()
            if self._requests.expires_soon:
                try:
                    await self._requests.refresh(self.login.access_token)
                except (Unknown, Refused):
                    pass  # there is time to try again
                except SignedOut:
                    await connection.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timing.HEARTBEAT_SECONDS):
                    await self._begun_to_beat.wait()

    def _is_unanswered(self) -> bool:
        """Whether `ready` or `resumed` is awaited for half a minute without any frame, or for a whole minute."""
        late = time.monotonic() - self._look_at
        is_silent = self._heard_at < self._look_at - timing.LOOK_SECONDS
        is_waiting = self._asked is not None or not self.ready.is_set()
        return is_waiting and (late > timing.LOOK_SECONDS or (late > 0 and is_silent))

    async def _prolong(self) -> None:
        """Have the socket live as long as the present token."""
        await self.send({"type": "auth", "token": self.login.access_token})

    async def _resume(self) -> None:
        """Ask for everything that was missed; when an answer is awaited already, ask again after it."""
        self._ask_again = self._asked is not None
        if self._asked is None:
            self._asked = self._followed.ended
            self._look_at = time.monotonic() + timing.LOOK_SECONDS
            await self.send({"type": "resume", "after_seq": self.seq or 0, "sessions": self._followed.open})

    # -- what the server sends -----------------------------------------------------------------------------------------

    async def _receive(self, frame: Frame) -> None:
        match frame:
            case {"type": "ready", "seq": int(seq)}:
                if not self.ready.is_set():  # otherwise it answers the `auth` that prolongs the socket
                    self.seq = seq if self.seq is None else self.seq
                    await self._resume()
            case {"type": "resumed", "recovered": bool(recovered), "seq": int(seq)}:
                await self._take_resumed(recovered, seq, frame)
            case {"id": str(), "seq": int(seq)}:
                await self._take_event(seq, frame)
            case {"type": "message", "session_id": str(session_id), "seq": int(seq)}:
                await self._take_message(session_id, seq, frame)
            case {"type": "message_ack", "client_message_id": str(id_)}:
                self._acknowledge(id_, msgspec.convert(frame, Sent))
            case {"type": "error", "client_message_id": str(id_)}:
                self._acknowledge(id_, read_error(frame))
            case {"type": "error", "code": "NOT_FOUND", "session_id": str(session_id)}:
                self._followed.forget(session_id)  # the session does not belong to this user any more
                self._hand_on(frame)
            case _:
                self._hand_on(frame)

    def _hand_on(self, frame: Frame) -> None:
        try:
            self._on_frame(frame)
        except Exception as error:  # noqa: BLE001  # after a fault of the app, it still gets the next frames
            self._on_error(error)

    async def _take_resumed(self, recovered: bool, seq: int, frame: Frame) -> None:
        if seq != self.seq:  # the events up to this number will never come
            self.counters.lost += max(0, seq - (self.seq or 0))
            self.seq = seq
        if not recovered:
            self._hand_on(frame)
            await self._reload()
        self._followed.finish(self._asked or set())
        self._asked = None
        if self._ask_again:
            await self._resume()
        else:
            self.ready.set()

    async def _reload(self) -> None:
        """The socket will not send what was missed: fetch the messages of every session that is followed."""
        for session_id in self._followed.open:
            try:
                async for message in self.messages(session_id, self.sessions[session_id]):
                    await self._take_message(session_id, message["seq"], {"type": "message", **message})
            except Refused:
                self._followed.forget(session_id)

    async def _take_event(self, seq: int, frame: Frame) -> None:
        expected = (self.seq or 0) + 1
        if seq < expected:
            self.counters.duplicates += 1
        elif seq > expected:
            self.counters.gaps += 1
            self.ready.clear()
            await self._resume()
        else:
            self.seq = seq
            self.counters.received += 1
            self._hand_on(frame)
            if frame["type"] == "session_started":
                self.follow(frame["session_id"])
            elif frame["type"] == "session_ended" and self._followed.end(frame["session_id"]):
                await self._resume()  # for its last words, and never again

    async def _take_message(self, session_id: str, seq: int, frame: Frame) -> None:
        self.follow(session_id)
        expected = self.sessions[session_id] + 1
        if seq < expected:
            self.counters.duplicates += 1
        elif seq == expected:
            self.sessions[session_id] = seq
            self.counters.messages += 1
            self._hand_on(frame)
        else:
            self.counters.gaps += 1
            self.ready.clear()
            await self._resume()

    def _acknowledge(self, client_message_id: str, outcome: Sent | Exception) -> None:
        waiting = self._unacknowledged.get(client_message_id)
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, Exception):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


def _log(error: Exception) -> None:
    log.error("client_error", exc_info=error)
