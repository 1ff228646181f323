"""The document at `/asyncapi.json`: whole, true, and held against what passes a real socket."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import psycopg
import pytest
from msgspec import Struct

from app.mirror import broadcasts
from app.mirror.broadcasts import ConfigChanged
from app.sockets import frames, stored
from app.sockets.asyncapi import ANSWERS, type_of
from app.sockets.closing import Close
from tests.support.frames import DOCUMENT, FROM_CLIENT, FROM_SERVER, MESSAGES, Witness, example, faults_of, types
from tests.support.market import Market, Person
from tests.support.psql import ROOT
from tests.support.sockets import Api, Outbox


def within(value: Any) -> Iterator[Any]:
    """A value and all that is in it."""
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(part)


def found(reference: str) -> Any:
    """What a reference leads to."""
    value: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        value = value[name]
    return value


async def test_it_is_served_by_the_public_app_like_the_other_document(api: Api) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        served, other = await http.get("/asyncapi.json"), await http.get("/openapi.json")
        assert '<a href="/asyncapi.json">' in (await http.get("/docs/socket")).text
    assert served.json() == DOCUMENT
    for header in ("content-type", "cache-control"):
        assert served.headers[header] == other.headers[header]


def test_it_is_asyncapi_3_whose_references_lead_somewhere_and_whose_schemas_are_valid() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    references = [part["$ref"] for part in within(DOCUMENT) if isinstance(part, dict) and "$ref" in part]
    assert len(references) > 100
    for reference in references:
        assert isinstance(found(reference), dict), reference
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})
        assert schema["description"], name


def test_every_frame_there_is_is_documented() -> None:
    made = {
        frame.__name__
        for module in (frames, stored, broadcasts)
        for frame in vars(module).values()
        if isinstance(frame, type) and issubclass(frame, Struct) and frame.__struct_config__.tag is not None
    }
    assert MESSAGES.keys() == made == DOCUMENT["channels"]["socket"]["messages"].keys()


def test_every_message_is_sent_or_received_by_one_operation_and_an_answer_is_sent() -> None:
    operations = DOCUMENT["operations"].values()
    assert sorted(found(ref["$ref"])["$ref"] for operation in operations for ref in operation["messages"]) == sorted(
        f"#/components/messages/{name}" for name in MESSAGES
    )
    answers = {
        found(found(operation["messages"][0]["$ref"])["$ref"])["name"]: [
            found(found(answer["$ref"])["$ref"])["name"] for answer in operation["reply"]["messages"]
        ]
        for operation in operations
        if "reply" in operation
    }
    assert answers == {type_of(frame): [type_of(answer), "error"] for frame, answer in ANSWERS.items()}
    assert answers["message"] == ["message_ack", "error"]


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_says_whose_it_is_and_shows_itself(name: str) -> None:
    message = MESSAGES[name]
    is_clients = message["tags"] == [{"name": "client"}]
    assert message["summary"].startswith("Client → server" if is_clients else "Server → ")
    [shown] = [one["payload"] for one in message["examples"]]
    assert shown["type"] == message["name"]
    assert faults_of(shown, FROM_CLIENT if is_clients else FROM_SERVER) == []
    assert ("id" in shown and "seq" in shown and "ts" in shown) == (message["tags"] == [{"name": "stored"}])


def test_the_manual_for_app_developers_names_every_frame() -> None:
    manual = (ROOT / "requirement" / "api.md").read_text()
    assert {message["name"] for message in MESSAGES.values()} <= {*re.findall(r"`(\w+)[` ]", manual)}


def test_it_names_every_close_code() -> None:
    said = re.findall(r"\*\*(\d{4})\*\*", DOCUMENT["channels"]["socket"]["description"])
    assert {int(code) for code in said} == {*Close}


async def test_every_passing_frame_of_a_real_server_is_as_documented(
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    outbox: Outbox,
    owner: psycopg.AsyncConnection[Any],
    witness: Witness,
    market: Market,
) -> None:
    market.search(market.customer())
    async with api.open(customer) as phone, api.open(mitra) as other:
        await phone.send(type="heartbeat")
        assert (await phone.next())["code"] == "FORBIDDEN"
        await phone.send(type="subscribe", topic="availability")
        await phone.until("availability")
        await phone.say(session, "Halo")
        await phone.until("message_delivered")
        await other.send(type="read", session_id=str(session), seq=1)
        await other.send(type="typing", session_id=str(session))
        await phone.until("typing")
        # What else the listener publishes, as the database makes it.
        cursor = await owner.execute(
            """
            SELECT frame::text FROM api.session_timers()
            UNION ALL
            SELECT frame::text FROM api.search_progresses()
            UNION ALL
            SELECT frame::text FROM api.note_presence(ARRAY[%s::uuid], '{mitra}', ARRAY[%s::uuid], '{true}')
            """,
            [session, mitra.id],
        )
        for [frame] in await cursor.fetchall():
            await outbox.publish_raw(customer, frame.encode())
        await outbox.broadcast("config_changed", msgspec.to_builtins(ConfigChanged(["blast_size"])))
        await phone.until("config_changed")
    assert types("passing") - witness.seen == set()


@pytest.mark.parametrize(
    "planted", [example("session_timer", mood="good"), {"type": "session_begun"}, {"type": "session_timer"}]
)
async def test_a_frame_that_is_not_documented_fails_the_test_that_saw_it(
    api: Api, mitra: Person, outbox: Outbox, witness: Witness, planted: dict[str, Any]
) -> None:
    async with api.open(mitra) as device:
        await outbox.publish_raw(mitra, json.dumps(planted).encode())
        await device.next()
    assert witness.faults
    witness.faults.clear()


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ('{"type": "heartbeat"}', 0),
        ('{"type": "heartbeat", "more": true}', 0),
        ('{"type": "dance"}', 0),
        ("not json", 0),
        ('{"type": "read", "session_id": "00000000000000000000000000000001", "seq": 1}', 1),
    ],
)
def test_server_and_document_take_the_same_frames_from_clients(said: str, faults: int) -> None:
    """But for ids without dashes, which the server reads too."""
    witness = Witness()
    witness.sent(said)
    assert len(witness.faults) == faults
