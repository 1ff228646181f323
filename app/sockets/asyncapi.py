"""The AsyncAPI 3 document of `GET /ws`, made from the frames that the code uses, so that it can't drift from them."""

import inspect
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from app.mirror.broadcasts import Availability
from app.sockets.closing import REASONS
from app.sockets.examples import EXAMPLES
from app.sockets.frames import (
    Auth,
    ClientFrame,
    MessageAck,
    PassingFrame,
    Ready,
    Refused,
    Resume,
    Resumed,
    SendMessage,
    Subscribe,
)
from app.sockets.stored import StoredFrame
from app.wire.socket_limits import BEARER_PREFIX, FRAME_BYTES, SUBPROTOCOL

Schema = dict[str, Any]
Frame = type[Struct]

CLIENT_FRAMES: Final[tuple[Frame, ...]] = get_args(ClientFrame)
PASSING_FRAMES: Final[tuple[Frame, ...]] = get_args(PassingFrame)
STORED_FRAMES: Final[tuple[Frame, ...]] = get_args(StoredFrame)

ANSWERS: Final[Mapping[Frame, Frame]] = {
    Auth: Ready,
    Resume: Resumed,
    SendMessage: MessageAck,
    Subscribe: Availability,
}
"""The frame that answers a client's frame when it is not refused."""

_CHANNEL = "#/channels/socket"
_CORRELATED = (SendMessage, MessageAck, Refused)
_TAGS: Final = {"client": CLIENT_FRAMES, "passing": PASSING_FRAMES, "stored": STORED_FRAMES}


def document() -> Schema:
    """Describe the socket: every frame either side may send."""
    frames = [frame for kind in _TAGS.values() for frame in kind]
    _, schemas = msgspec.json.schema_components(frames, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        schema["description"] = inspect.cleandoc(schema["description"])
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Halobestie: the socket", "version": version("halobestie"), "description": _INTRODUCTION},
        "defaultContentType": "application/json",
        "servers": {
            "deployment": {
                "host": "{host}",
                "protocol": "wss",
                "description": "Where this document comes from.",
                "variables": {"host": {"description": "The public app's host, with the port unless it is 443."}},
                "security": [{"$ref": "#/components/securitySchemes/subprotocol"}],
            },
            "development": {
                "host": "127.0.0.1:3000",
                "protocol": "ws",
                "description": "`make run` on this machine.",
                "security": [{"$ref": "#/components/securitySchemes/subprotocol"}],
            },
        },
        "channels": {
            "socket": {
                "address": "/ws",
                "summary": "One socket a device, for everything that concerns its user.",
                "description": _closing(),
                "messages": {frame.__name__: {"$ref": _component("messages", frame)} for frame in frames},
                "bindings": {"ws": {"method": "GET", "headers": _HEADERS, "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{f"receive_{type_of(frame)}": _operation("receive", frame) for frame in CLIENT_FRAMES},
            **{f"send_{type_of(frame)}": _operation("send", frame) for frame in (*PASSING_FRAMES, *STORED_FRAMES)},
        },
        "components": {
            "messages": {frame.__name__: _message(frame, tag) for tag, kind in _TAGS.items() for frame in kind},
            "schemas": schemas,
            "securitySchemes": {"subprotocol": _SECURITY},
        },
    }


def type_of(frame: Frame) -> str:
    """The `type` that tells a frame from other frames of the same side."""
    return str(frame.__struct_config__.tag)


_INTRODUCTION = f"""\
Frames are JSON text of at most {FRAME_BYTES // 1024} KiB, told apart by `type`. Times are RFC 3339 in UTC, ids are
UUIDs, money is whole rupiah. `receive` is what the server receives from apps, `send` what it sends to them. Unknown
fields are refused from apps; apps must pass over fields they don't know, for there may be more of them one day.

A **stored** event has `id`, `seq` and `ts`: `seq` is gapless per user, so an app sees loss by itself and asks with
`resume`; `id` lets it drop a repeat. A **passing** frame has no `id` and is not replayed, but for messages, which have
a gapless `seq` per session. Live events wait until a `resume` is answered, or one second when none came.

A refused frame is answered with `error`.
"""

_HEADERS: Final[Schema] = {
    "type": "object",
    "properties": {
        "Sec-WebSocket-Protocol": {
            "type": "string",
            "description": (
                f"`{SUBPROTOCOL}`, and the access token as `{BEARER_PREFIX}<token>` unless the first frame is `auth`."
            ),
            "examples": [f"{SUBPROTOCOL}, {BEARER_PREFIX}eyJhbGciOi…"],
        }
    },
}

_SECURITY: Final[Schema] = {
    "type": "httpApiKey",
    "in": "header",
    "name": "Sec-WebSocket-Protocol",
    "description": (
        f"The access token (JWT) as a second subprotocol, `{BEARER_PREFIX}<token>`, for browsers can send no other "
        "header; or none, and the frame `auth` within 5 s. `ready` answers either."
    ),
}


def _closing() -> str:
    codes = "\n".join(f"- **{code.value}** {reason}" for code, reason in REASONS.items())
    return f"Why the server ends a socket:\n\n{codes}\n"


def _component(kind: str, frame: Frame) -> str:
    return f"#/components/{kind}/{frame.__name__}"


def _in_channel(*frames: Frame) -> list[Schema]:
    return [{"$ref": f"{_CHANNEL}/messages/{frame.__name__}"} for frame in frames]


def _operation(action: str, frame: Frame) -> Schema:
    described: Schema = {
        "action": action,
        "channel": {"$ref": _CHANNEL},
        "summary": _summary(frame),
        "messages": _in_channel(frame),
    }
    if frame in ANSWERS:
        described["reply"] = {"channel": {"$ref": _CHANNEL}, "messages": _in_channel(ANSWERS[frame], Refused)}
    return described


def _message(frame: Frame, tag: str) -> Schema:
    if frame not in EXAMPLES:
        raise LookupError(f"Frame {frame.__name__} has no example in app/sockets/examples.py.")
    described: Schema = {
        "name": type_of(frame),
        "title": frame.__name__,
        "summary": _summary(frame),
        "tags": [{"name": tag}],
        "payload": {"$ref": _component("schemas", frame)},
        "examples": [{"payload": msgspec.to_builtins(EXAMPLES[frame])}],
    }
    if frame in _CORRELATED:
        described["correlationId"] = {"location": "$message.payload#/client_message_id"}
    return described


def _summary(frame: Frame) -> str:
    """The first paragraph of the frame's docstring."""
    return inspect.cleandoc(frame.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
