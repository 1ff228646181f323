"""Frames between apps and server: JSON text, told apart by `type`, in one place.

A stored event has an `id` and a `seq` that is gapless per user; it was written by the database and passes as it is. A
passing frame has no `id` and is never replayed; those that the listener broadcasts are in app.broadcasts.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.broadcasts import Availability
from app.problems import Problem

Count = Annotated[int, Meta(ge=0)]


class Auth(Struct, tag="auth", forbid_unknown_fields=True):
    """Client → server: who is there; also prolongs a socket before its token expires."""

    token: str


class Resume(Struct, tag="resume", forbid_unknown_fields=True):
    """Client → server: replay every stored event after `after_seq`, then answer `resumed`.

    `sessions` names sessions whose messages after the given number were missed.
    """

    after_seq: Count
    sessions: dict[UUID, Count] = {}


class Heartbeat(Struct, tag="heartbeat", forbid_unknown_fields=True):
    """Client → server, mitra: I am here. Answered only when refused."""


class Subscribe(Struct, tag="subscribe", forbid_unknown_fields=True):
    """Client → server: tell me when the beacon changes."""

    topic: Literal["availability"]


ClientFrame = Auth | Resume | Heartbeat | Subscribe


class Ready(Struct, tag="ready"):
    """Server → client: the token was taken. `seq` is the user's newest stored event."""

    seq: int
    server_time: datetime


class Resumed(Struct, tag="resumed"):
    """Server → client: the answer to `resume`. Not recovered: reload through HTTP; live events go on after `seq`."""

    recovered: bool
    seq: int


class Refused(Struct, tag="error"):
    """Server → client: a frame was refused, with the code and sentence an HTTP problem would have."""

    code: str
    detail: str
    field: str | UnsetType = UNSET

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The frame for a problem."""
        return cls(problem.code, problem.detail, problem.field or UNSET)


ServerFrame = Ready | Resumed | Refused | Availability


class Head(Struct):
    """What the server reads of a frame that passes through it."""

    type: str
    id: str | None = None
    seq: int = 0
    auth_session_ids: list[UUID] = []


class MalformedFrame(Exception):  # noqa: N818  # a frame, before it is an error
    """The text is no frame of ours; the message says what is wrong with it."""


class UnknownFrame(Exception):  # noqa: N818  # the same
    """A frame whose type the server does not take."""


class _Typed(Struct):
    type: str


_client_frame: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_typed = msgspec.json.Decoder(_Typed)
_head = msgspec.json.Decoder(Head)
_encoder = msgspec.json.Encoder()

CLIENT_TYPES: Final = frozenset(str(frame.__struct_config__.tag) for frame in (Auth, Resume, Heartbeat, Subscribe))


def read_client_frame(text: str) -> ClientFrame:
    """The frame a client sent. Raises MalformedFrame, or UnknownFrame for a type the server does not take."""
    try:
        return _client_frame.decode(text)
    except msgspec.DecodeError as error:
        try:
            type_ = _typed.decode(text).type
        except msgspec.DecodeError:
            raise MalformedFrame("A frame is a JSON object with a type.") from error
        if type_ not in CLIENT_TYPES:
            raise UnknownFrame("The server takes no frame of this type.") from error
        raise MalformedFrame(str(error)) from error


def read_head(frame: bytes) -> Head:
    """Type, id and number of a frame on its way to a client. Raises msgspec.DecodeError."""
    return _head.decode(frame)


def write(frame: ServerFrame) -> bytes:
    """The frame as it is sent."""
    return _encoder.encode(frame)
