"""The reference client: what a customer's or a mitra's app must do to keep its end of the promises.

It reconnects with jitter, resumes from the last event and the last message it has, notices gaps, drops repeats, sends
a message again until it is acknowledged, beats while the mitra is online, and changes its tokens before they expire.
The simulated fleet is made of it.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import structlog
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from app.problems import CODES
from app.runtime.backoff import pauses
from app.sockets.closing import Close
from app.wire.socket_limits import RESUMED_SESSIONS, SUBPROTOCOL

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 30.0
REFRESH_BEFORE_EXPIRY_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
ACK_SECONDS = 5.0
"""How long a message waits for its acknowledgement before it is sent again."""

LOOK_SECONDS = 30.0
"""How often it asks for missed messages of the sessions it follows: when the last one is lost, no gap shows it."""

FOLLOWED_SESSIONS = RESUMED_SESSIONS
PAGE_ITEMS = 200

Frame = dict[str, Any]


class User(Struct):
    """Whose login it is."""

    id: str
    type: str
    display_name: str | None = None


class Login(Struct):
    """The tokens of one login."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User


class Refused(Exception):  # noqa: N818  # an answer, not an error
    """The server said no, with a problem's status and code."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class Unknown(Exception):  # noqa: N818  # neither done nor refused
    """No answer came: whether it was done is not known. Asking again with the same key is safe."""


class SignedOut(Exception):  # noqa: N818  # a state, not an error
    """The login has ended; only a new one helps."""


class Sent(Struct):
    """A message that is committed."""

    session_id: str
    client_message_id: str
    seq: int
    created_at: str


class Counters(Struct):
    """What happened to one client's events, messages and connections."""

    received: int = 0
    messages: int = 0
    duplicates: int = 0
    gaps: int = 0
    lost: int = 0
    connections: int = 0
    unknown: int = 0


def _log(error: Exception) -> None:
    log.error("client_error", exc_info=error)


class Client:
    """One user's device: HTTP with the login's token, and one socket that is kept up.

    `on_frame` gets every stored event once and in order, every message of each session once and in order, and every
    other passing frame as it comes. A `resumed` frame with `recovered` false is handed on too: the app must reload
    through HTTP. Messages are reloaded here.
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

        `on_error` hears of what the client lives with: an exception of `on_frame`, whose frame counts as handed on, or
        an answer that can't be read. Without it, they are logged.

        `sessions` are those whose messages it follows, each with the last message it has. Others are followed from
        their first message, as soon as they start.
        """
        self.login = login
        self.seq = after_seq
        """The last stored event handed on."""
        self.sessions = sessions if sessions is not None else {}
        """The last message handed on of each session that is followed, the newest session last."""
        self._beating = False
        self._begun_to_beat = asyncio.Event()
        self.counters = counters or Counters()
        self.ready = asyncio.Event()
        """Set while the socket is up and has caught up."""
        self._http = http
        self._on_frame = on_frame
        self._on_login = on_login
        self._on_error = on_error or _log
        self._expires_at = 0.0
        self._refreshing = asyncio.Lock()
        self._unacknowledged: dict[str, asyncio.Future[Sent]] = {}
        self._ended: set[str] = set()
        self._over: set[str] = set()
        self._asked: set[str] | None = None
        self._ask_again = False
        self._look_at = self._heard_at = 0.0
        self._connection: ClientConnection | None = None
        self._take(login)

    async def request(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        """One HTTP request with the login's token; the reply's JSON, None when it has none.

        `key` is sent as Idempotency-Key. Raises Refused; Unknown when no answer came or the server could not give one;
        SignedOut when the login has ended.
        """
        headers = {} if key is None else {"Idempotency-Key": key}
        token = self.login.access_token
        response = await self._send(method, path, body, headers, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self._refresh(token)
            response = await self._send(method, path, body, headers, self.login.access_token)
        return read_reply(response)

    async def insist(self, method: str, path: str, body: object = None, *, seconds: float = 30.0) -> Any:
        """The same, asked again with one idempotency key while no answer comes, for as many seconds; then Unknown."""
        key = uuid.uuid4().hex
        give_up_at = time.monotonic() + seconds
        for pause in pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS):
            try:
                return await self.request(method, path, body, key=key)
            except Unknown:
                self.counters.unknown += 1
                if time.monotonic() + pause > give_up_at:
                    raise
            except Refused as refusal:
                if refusal.code != "IDEMPOTENCY_IN_PROGRESS":
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    async def say(self, session_id: str, body: str, *, seconds: float = 30.0) -> Sent:
        """Send a message, through the socket while it is up and through HTTP else, until it is known to be committed.

        What the socket leaves unanswered is asked of HTTP next, which may lead to another instance.

        Raises Refused; Unknown when that is not known after so many seconds. SignedOut when the login has ended.
        """
        id_ = uuid.uuid4().hex
        give_up_at = time.monotonic() + seconds
        by_socket = True
        for pause in pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS):
            try:
                return await self._say_once(session_id, id_, body, by_socket=by_socket)
            except Unknown:
                by_socket = not by_socket
                self.counters.unknown += 1
                if time.monotonic() + pause > give_up_at:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    def follow(self, session_id: str, after_seq: int = 0) -> None:
        """Ask for this session's messages after a number, whenever the socket resumes."""
        self.sessions.setdefault(session_id, after_seq)
        if len(self.sessions) > FOLLOWED_SESSIONS:
            self._forget(next((one for one in self.sessions if one in self._over), next(iter(self.sessions))))

    async def messages(self, session_id: str, after_seq: int = 0) -> AsyncIterator[Frame]:
        """A session's messages after a number, page by page through HTTP. Raises as `request` does."""
        query = f"after_seq={after_seq}"
        while True:
            page = await self.request("GET", f"/api/chat/{session_id}/messages?limit={PAGE_ITEMS}&{query}")
            for message in page["items"]:
                yield message
            if page["next_cursor"] is None:
                return
            query = f"cursor={page['next_cursor']}"

    async def own_sessions(self) -> AsyncIterator[Frame]:
        """The user's sessions, newest first, page by page through HTTP. Raises as `request` does."""
        query = ""
        while True:
            page = await self.request("GET", f"/api/chat/sessions?limit={PAGE_ITEMS}{query}")
            for session in page["items"]:
                yield session
            if page["next_cursor"] is None:
                return
            query = f"&cursor={page['next_cursor']}"

    async def run(self) -> None:
        """Keep the socket up until cancelled. Raises SignedOut when the login has ended, and nothing else."""
        waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        while True:
            try:
                if self._expires_soon():
                    await self._refresh(self.login.access_token)
                await self._converse()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else None
                if code == Close.FORBIDDEN:
                    raise SignedOut(closed.rcvd.reason if closed.rcvd else "") from None
                if code == Close.UNAUTHENTICATED:
                    self._expires_at = 0.0
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
                waits = pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(next(waits))

    async def send(self, frame: Frame) -> None:
        """Send a frame if the socket is up; what must not be lost goes through HTTP."""
        if self._connection is not None:
            with contextlib.suppress(ConnectionClosed):  # the reader sees the same and reconnects
                await self._connection.send(msgspec.json.encode(frame).decode())

    async def catch_up(self, seconds: float) -> bool:
        """Ask for whatever was missed; True once the server says that nothing newer is stored for this user."""
        self.ready.clear()
        await self._resume()
        try:
            async with asyncio.timeout(seconds):
                await self.ready.wait()
        except TimeoutError:
            return False
        return True

    async def _converse(self) -> None:
        """One connection, until it ends with ConnectionClosed or another failure."""
        token = self.login.access_token
        async with connect(
            self._socket_url(),
            subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")],
            compression=None,
            proxy=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
        ) as connection:
            self._connection = connection
            self._asked, self._ask_again = None, False
            self._look_at = time.monotonic() + LOOK_SECONDS  # ready makes it resume
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

    async def _receive(self, frame: Frame) -> None:
        match frame:
            case {"type": "ready", "seq": int(seq)}:
                if not self.ready.is_set():  # also the answer to a prolonging auth
                    self.seq = seq if self.seq is None else self.seq
                    await self._resume()
            case {"type": "resumed", "recovered": bool(recovered), "seq": int(seq)}:
                if seq != self.seq:  # what lies between will never come
                    self.counters.lost += max(0, seq - (self.seq or 0))
                    self.seq = seq
                if not recovered:
                    self._hand_on(frame)
                    await self._reload()
                self._over |= self._asked or set()
                self._asked = None
                if self._ask_again:
                    await self._resume()
                else:
                    self.ready.set()
            case {"id": str(), "seq": int(seq)}:
                await self._take_event(seq, frame)
            case {"type": "message", "session_id": str(session_id), "seq": int(seq)}:
                await self._take_message(session_id, seq, frame)
            case {"type": "message_ack", "client_message_id": str(id_)}:
                self._acknowledge(id_, msgspec.convert(frame, Sent))
            case {"type": "error", "client_message_id": str(id_)}:
                self._acknowledge(id_, _refusal(frame))
            case {"type": "error", "code": "NOT_FOUND", "session_id": str(session_id)}:
                self._forget(session_id)  # it is not this user's any more
                self._hand_on(frame)
            case _:
                self._hand_on(frame)

    def _hand_on(self, frame: Frame) -> None:
        try:
            self._on_frame(frame)
        except Exception as error:  # noqa: BLE001  # the app's fault, whatever it is, must not cost it the frames after
            self._on_error(error)

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

    async def _say_once(self, session_id: str, id_: str, body: str, *, by_socket: bool) -> Sent:
        if not (by_socket and self.ready.is_set()):
            message = {"client_message_id": id_, "body": body}
            return msgspec.convert(await self.request("POST", f"/api/chat/{session_id}/messages", message), Sent)
        waiting: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        self._unacknowledged[id_] = waiting
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await self.send({"type": "message", "session_id": session_id, "client_message_id": id_, "body": body})
                return await waiting
        except TimeoutError:
            raise Unknown("No acknowledgement came.") from None
        finally:
            del self._unacknowledged[id_]

    async def _reload(self) -> None:
        """What was missed is not coming through the socket: fetch the messages of every session that is followed."""
        for session_id in self.sessions.keys() - self._over:
            try:
                async for message in self.messages(session_id, self.sessions[session_id]):
                    await self._take_message(session_id, message["seq"], {"type": "message", **message})
            except Refused:
                self._forget(session_id)

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
            elif frame["type"] == "session_ended" and frame["session_id"] in self.sessions:
                self._ended.add(frame["session_id"])
                await self._resume()  # for its last words, and never again

    async def _resume(self) -> None:
        """Ask for whatever was missed; while an answer is awaited, ask again after it."""
        self._ask_again = self._asked is not None
        if self._asked is None:
            self._asked = set(self._ended)
            self._look_at = time.monotonic() + LOOK_SECONDS
            followed = {one: seq for one, seq in self.sessions.items() if one not in self._over}
            await self.send({"type": "resume", "after_seq": self.seq or 0, "sessions": followed})

    def _forget(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)
        self._ended.discard(session_id)
        self._over.discard(session_id)

    @property
    def beating(self) -> bool:
        """Whether to beat: set it when the mitra goes online, and the first beat is sent at once."""
        return self._beating

    @beating.setter
    def beating(self, beating: bool) -> None:
        if beating and not self._beating:
            self._begun_to_beat.set()
        self._beating = beating

    async def _keep_up(self, connection: ClientConnection) -> None:
        """Beat, and change tokens before they expire, as long as the connection lasts."""
        while True:
            self._begun_to_beat.clear()
            if self._is_unanswered():
                connection.transport.abort()  # another connection may fare better
                return
            if self.beating:
                await self.send({"type": "heartbeat"})
            if self.sessions.keys() - self._over and time.monotonic() > self._look_at:
                await self._resume()
            if self._expires_soon():
                try:
                    await self._refresh(self.login.access_token)
                except (Unknown, Refused):
                    pass  # there is time for another try
                except SignedOut:
                    await connection.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._begun_to_beat.wait()

    def _is_unanswered(self) -> bool:
        """Whether `ready`, or a resume's answer, has not come for half a minute of silence, or for a whole minute."""
        late = time.monotonic() - self._look_at
        is_silent = self._heard_at < self._look_at - LOOK_SECONDS
        is_waiting = self._asked is not None or not self.ready.is_set()
        return is_waiting and (late > LOOK_SECONDS or (late > 0 and is_silent))

    def _expires_soon(self) -> bool:
        return time.time() > self._expires_at - REFRESH_BEFORE_EXPIRY_SECONDS

    async def _refresh(self, token: str) -> None:
        """Change the tokens, unless another task of this client did since `token` was used.

        Without an answer the old token stays: asked again with it, the server gives the same answer, or another one.
        """
        async with self._refreshing:
            if self.login.access_token != token:
                return
            response = await self._send(
                "POST", "/api/auth/refresh", {"refresh_token": self.login.refresh_token}, {}, None
            )
            if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise SignedOut("The login has ended.")
            login = msgspec.convert(read_reply(response), Login)
            await self._store(login)
            self._take(login)
            await self._prolong()

    async def _store(self, login: Login) -> None:
        """Have the app keep new tokens, before they are used: once they were, the old ones are of no use any more."""
        if self._on_login is not None:
            try:
                await self._on_login(login)
            except Exception as error:
                raise Unknown(f"The new tokens could not be stored: {error!r}") from error

    async def _prolong(self) -> None:
        """Have the socket live as long as the present token."""
        await self.send({"type": "auth", "token": self.login.access_token})

    def _take(self, login: Login) -> None:
        self.login = login
        self._expires_at = time.time() + login.expires_in

    async def _send(
        self, method: str, path: str, body: object, headers: dict[str, str], token: str | None
    ) -> httpx.Response:
        if token is not None:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        return await send_json(self._http, method, path, body, headers)

    def _socket_url(self) -> str:
        base = self._http.base_url
        return str(base.copy_with(scheme="wss" if base.scheme == "https" else "ws", path="/ws"))


async def send_json(
    http: httpx.AsyncClient, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """One request with a JSON body. Raises Unknown when no answer came."""
    content = None if body is None else msgspec.json.encode(body)
    if content is not None:
        headers = {**(headers or {}), "Content-Type": "application/json"}
    try:
        return await http.request(method, path, content=content, headers=headers)
    except httpx.TransportError as error:
        raise Unknown(f"{method} {path}: {error!r}") from error


def read_reply(response: httpx.Response) -> Any:
    """The JSON of a reply, None when it has none. Raises Refused; Unknown for 429 and 5xx."""
    if response.is_success:
        return msgspec.json.decode(response.content) if response.content else None
    if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise Unknown(f"{response.request.url.path}: {response.status_code}")
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem("UNREADABLE")
    raise Refused(response.status_code, problem.code, problem.detail)


def _refusal(frame: Frame) -> Refused | Unknown:
    """What an error frame says; where the server could not decide, asking again is the answer."""
    if frame["code"] in ("RATE_LIMITED", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"):
        return Unknown(f"{frame['code']}: {frame['detail']}")
    return Refused(CODES[frame["code"]].status if frame["code"] in CODES else 0, frame["code"], frame["detail"])


class _Problem(Struct):
    code: str
    detail: str = ""
