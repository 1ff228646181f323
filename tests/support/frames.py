"""Frames held against the document at `/asyncapi.json`, as the only source of what a frame may be.

What the server sends is held more strictly than an app may hold it: a field that is documented nowhere is a fault.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.typing import Data

from app.sockets import asyncapi
from app.sockets.frames import MalformedFrame, UnknownFrame, read_client_frame

DOCUMENT = asyncapi.document()
MESSAGES: Mapping[str, Any] = DOCUMENT["components"]["messages"]
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]

Readers = Mapping[str, jsonschema_rs.Draft202012Validator]


def _closed(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Schemas that know all fields there are."""
    return {name: {"additionalProperties": False, **schema} for name, schema in schemas.items()}


def _readers(action: str, schemas: Mapping[str, Any]) -> Readers:
    """What tells whether a frame of a type is as documented, for each type that the server receives, or sends."""
    messages = [
        MESSAGES[reference["$ref"].rpartition("/")[2]]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == action
        for reference in operation["messages"]
    ]
    return {
        message["name"]: jsonschema_rs.Draft202012Validator(
            {**message["payload"], "components": {"schemas": schemas}}, validate_formats=True
        )
        for message in messages
    }


FROM_SERVER = _readers("send", _closed(SCHEMAS))
FROM_CLIENT = _readers("receive", SCHEMAS)


def types(tag: str) -> set[str]:
    """The types of the frames that have this tag: `client`, `passing` or `stored`."""
    return {message["name"] for message in MESSAGES.values() if message["tags"] == [{"name": tag}]}


def example(type_: str, **fields: object) -> dict[str, Any]:
    """A frame of the server's as the document shows it, with other values in some of its fields."""
    [shown] = [
        message["examples"][0]["payload"]
        for message in MESSAGES.values()
        if message["name"] == type_ and message["tags"] != [{"name": "client"}]
    ]
    return {**shown, **fields}


def faults_of(frame: Any, readers: Readers = FROM_SERVER) -> list[str]:
    """What of a frame is not as documented."""
    type_ = frame.get("type") if isinstance(frame, dict) else None
    reader = readers.get(type_) if isinstance(type_, str) else None
    if reader is None:
        return [f"no documented frame: {type_}"]
    return [
        f"{'.'.join(map(str, [type_, *error.instance_path]))}: {error.message}" for error in reader.iter_errors(frame)
    ]


class Witness:
    """Sees what passes the sockets of clients."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        """What was not as documented."""
        self.seen: set[str] = set()
        """The types the server sent."""

    def received(self, data: Data) -> None:
        """A client got this from the server."""
        frame = msgspec.json.decode(data)
        self.seen.add(frame.get("type"))
        self.faults += faults_of(frame)

    def sent(self, data: object) -> None:
        """A client sends this, which may be what no server takes: then the document must refuse it too."""
        if not isinstance(data, str):
            return
        try:
            frame = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return
        faults = faults_of(frame, FROM_CLIENT)
        try:
            read_client_frame(data)
        except (MalformedFrame, UnknownFrame) as error:
            if not faults:
                self.faults.append(f"documented, and refused with {error}: {frame}")
        else:
            self.faults += faults

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every frame of every client connection of this process."""
        receive, send = ClientConnection.recv, ClientConnection.send

        async def recv(connection: ClientConnection, *how: Any, **more: Any) -> Data:
            data: Data = await receive(connection, *how, **more)
            self.received(data)
            return data

        async def say(connection: ClientConnection, message: Any, *how: Any, **more: Any) -> None:
            self.sent(message)
            await send(connection, message, *how, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ClientConnection, "recv", recv)
            patch.setattr(ClientConnection, "send", say)
            yield
