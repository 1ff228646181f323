"""Frames between apps and server: JSON text, told apart by `type`, in one place.

A stored event has an `id`, and a `seq` that is gapless per user. The database writes it, and the server passes it on
as it is. The stored events are in app.sockets.stored. A passing frame has no `id` and is never replayed. The passing
frames that the listener broadcasts are in app.mirror.broadcasts.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.mirror.broadcasts import Availability, ConfigChanged
from app.problems import Problem
from app.runtime.instant import Instant
from app.shapes.messages import Message
from app.shapes.sessions import PartyType, PresenceOption, PresenceState
from app.wire.socket_limits import RESUMED_SESSIONS

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]

# msgspec checks that the keys are UUIDs, but does not say so in a schema.
_BY_ID: Final = {"propertyNames": {"format": "uuid"}}


class Auth(Struct, tag="auth", forbid_unknown_fields=True):
    """Client → server: the access token. A later `auth` prolongs the socket before its token expires."""

    token: str


class Resume(Struct, tag="resume", forbid_unknown_fields=True):
    """Client → server: replay every stored event after `after_seq`, then answer `resumed`.

    `sessions` names sessions whose messages after the given number were missed.
    """

    after_seq: Count
    sessions: Annotated[dict[UUID, Count], Meta(max_length=RESUMED_SESSIONS, extra_json_schema=_BY_ID)] = {}


class Heartbeat(Struct, tag="heartbeat", forbid_unknown_fields=True):
    """Client → server, mitra: I am here. Answered only when refused."""


class Subscribe(Struct, tag="subscribe", forbid_unknown_fields=True):
    """Client → server: tell me when the beacon changes."""

    topic: Literal["availability"]


class SendMessage(Struct, tag="message", forbid_unknown_fields=True):
    """Client → server: say something. Answered with `message_ack`; a repeat with the same id gets the same answer."""

    session_id: UUID
    client_message_id: str
    body: str


class Read(Struct, tag="read", forbid_unknown_fields=True):
    """Client → server: every message up to this number was read. Answered only when refused."""

    session_id: UUID
    seq: Count


class Typing(Struct, tag="typing", forbid_unknown_fields=True):
    """Client → server: the person types. Never stored, told at most every two seconds, answered only when refused."""

    session_id: UUID


ClientFrame = Auth | Resume | Heartbeat | Subscribe | SendMessage | Read | Typing


class Ready(Struct, tag="ready"):
    """Server → client: the token was taken. `seq` is the user's newest stored event."""

    seq: int
    server_time: Instant


class Resumed(Struct, tag="resumed"):
    """Server → client: the answer to `resume`. Not `recovered`: reload through HTTP; live events go on after `seq`."""

    recovered: bool
    seq: int


class Refused(Struct, tag="error"):
    """Server → client: a frame was refused, with the code and sentence an HTTP problem would have."""

    code: str
    detail: str
    field: str | UnsetType = UNSET
    session_id: UUID | UnsetType = UNSET
    client_message_id: str | UnsetType = UNSET

    @classmethod
    def of(
        cls,
        problem: Problem,
        *,
        session_id: UUID | UnsetType = UNSET,
        client_message_id: str | UnsetType = UNSET,
    ) -> Self:
        """The frame for a problem, with the session and the message that it concerns."""
        return cls(problem.code, problem.detail, problem.field or UNSET, session_id, client_message_id)

    @classmethod
    def answer(cls, problem: Problem, frame: ClientFrame) -> Self:
        """The frame for a problem with a client's frame."""
        match frame:
            case SendMessage(session_id=session_id, client_message_id=client_message_id):
                return cls.of(problem, session_id=session_id, client_message_id=client_message_id)
            case Read(session_id=session_id) | Typing(session_id=session_id):
                return cls.of(problem, session_id=session_id)
        return cls.of(problem)


class MessageFrame(Message, frozen=True, tag="message"):
    """Server → both: a party said something. It goes to every device of both parties, the sender's too.

    A session's messages come in order, live or replayed. Written by the database.
    """


class MessageAck(Struct, tag="message_ack"):
    """Server → client: the message is committed, as number `seq` of its session."""

    session_id: UUID
    client_message_id: str
    seq: int
    created_at: Instant


OTHER_PARTY: Final[Mapping[PartyType, PartyType]] = {"customer": "mitra", "mitra": "customer"}


class MessageRead(Struct, tag="message_read"):
    """Server → both: `party` has read every message up to `seq`; also to that party's other devices."""

    session_id: UUID
    party: PartyType
    seq: int


class MessageDelivered(Struct, tag="message_delivered"):
    """Server → the other party: a device of `party` has confirmed every message up to `seq`."""

    session_id: UUID
    party: PartyType
    seq: int


class TypingNow(Struct, tag="typing"):
    """Server → the other party: `sender_type` types."""

    session_id: UUID
    sender_type: PartyType


class PeerPresence(Struct, tag="peer_presence"):
    """Server → the other party: `party` has a socket (connected), has none (away), or was away too long (gone).

    `options` are what the customer can choose when the mitra is gone: `reroute`, `end`. Written by the database.
    """

    session_id: UUID
    party: PartyType
    state: PresenceState
    since: Instant
    options: list[PresenceOption] | UnsetType = UNSET


class SessionTimer(Struct, tag="session_timer"):
    """Server → both: how much time is left, once a minute while the clock runs. Written by the database."""

    session_id: UUID
    seconds_left: int
    expires_at: Instant
    server_time: Instant


class SearchProgress(Struct, tag="search_progress"):
    """Server → customer: how the search gets on, every few seconds while it lasts. Written by the database."""

    session_id: UUID
    position: int
    waves: int
    estimated_wait_seconds: int | None


ServerFrame = Ready | Resumed | Refused | Availability | MessageAck | MessageRead | MessageDelivered | TypingNow
"""What the server itself writes."""

PassingFrame = ServerFrame | MessageFrame | PeerPresence | SessionTimer | SearchProgress | ConfigChanged
"""Every frame from the server that is not a stored event."""


class Head(Struct):
    """What the server reads of a frame that passes through it."""

    type: str
    id: str | None = None
    seq: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    session_id: UUID | None = None
    sender_id: UUID | None = None
    party: str | None = None
    auth_session_ids: list[UUID] = []


class MalformedFrame(Exception):  # noqa: N818  # a frame, before it is an error
    """The text is not one of the frames here; the message says what is wrong with it."""


class UnknownFrame(Exception):  # noqa: N818  # the same
    """A frame whose type the server does not take."""


class _Typed(Struct):
    type: str


_client_frame: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_typed = msgspec.json.Decoder(_Typed)
_head = msgspec.json.Decoder(Head)
_encoder = msgspec.json.Encoder()

CLIENT_TYPES: Final = frozenset(str(frame.__struct_config__.tag) for frame in get_args(ClientFrame))


def read_client_frame(text: str) -> ClientFrame:
    """The frame a client sent. Raises MalformedFrame, or UnknownFrame for a type the server does not take."""
    try:
        return _client_frame.decode(text)
    except RecursionError as error:
        raise MalformedFrame("The frame is nested too deeply.") from error
    except msgspec.DecodeError as error:
        try:
            type_ = _typed.decode(text).type
        except (msgspec.DecodeError, RecursionError):
            raise MalformedFrame("A frame is a JSON object with a type.") from error
        if type_ not in CLIENT_TYPES:
            raise UnknownFrame("The server takes no frame of this type.") from error
        raise MalformedFrame(str(error)) from error


def read_head(frame: bytes) -> Head:
    """Type, id and number of a frame on its way to a client. Raises msgspec.DecodeError."""
    return _head.decode(frame)


def message_frame(message: bytes) -> bytes:
    """The frame for a message, which is given as JSON object; a replay of it looks the same."""
    return b'{"type": "message", ' + message.removeprefix(b"{")


def write(frame: ServerFrame) -> bytes:
    """The frame as it is sent."""
    return _encoder.encode(frame)
