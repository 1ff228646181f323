"""What is rung, and for whom: each function rings what its comment says, and a change of nothing rings nothing."""

import re
from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People
from tests.support.waiting import PATIENCE_SECONDS

CHANNELS = ("mitra_mirror", "events", "deadlines", "pairing", "config")
_END = "end_of_what_was_heard"


class Ears:
    """Hears what one call rings."""

    def __init__(self, people: People, listening: psycopg.Connection) -> None:
        self._people = people
        self._listening = listening
        for channel in (*CHANNELS, _END):
            listening.execute(f"LISTEN {channel}")
        self.value: Any = None

    def hear(self, query: LiteralString, *params: object) -> dict[str, list[str]]:
        """The channels that a call rang, with the payloads; what it answered is in `value`."""
        self._until_the_end()  # of what was rung before
        self.value = self._people.value(query, *params)
        return self._until_the_end()

    def _until_the_end(self) -> dict[str, list[str]]:
        self._people.value(f"SELECT pg_notify('{_END}', '')")
        heard: dict[str, list[str]] = {}
        for notice in self._listening.notifies(timeout=PATIENCE_SECONDS):
            if notice.channel == _END:
                return heard
            heard.setdefault(notice.channel, []).append(notice.payload)
        raise AssertionError("the last bell was not heard")


@pytest.fixture
def ears(people: People, database_url: str) -> Iterator[Ears]:
    with psycopg.connect(database_url, autocommit=True) as listening:
        yield Ears(people, listening)


def said_of(people: People, function: str) -> set[str]:
    """The channels that the comment of a function names."""
    comment = people.value(
        "SELECT obj_description(oid, 'pg_proc') FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND proname = %s",
        function,
    )
    notifies = re.search(r"\bNotifies: (.+)", comment, re.DOTALL)
    assert notifies is not None, function
    return {channel for channel in CHANNELS if re.search(rf"\b{channel}\b", notifies[1])}


def test_every_function_on_the_way_of_a_session_rings_what_its_comment_says(people: People, ears: Ears) -> None:
    heard: dict[str, set[str]] = {}

    def call(function: str, query: LiteralString, *params: object) -> Any:
        rung = set(ears.hear(query, *params))
        assert rung <= said_of(people, function), function
        heard[function] = heard.get(function, set()) | rung
        return ears.value

    people.set("closure_grace_seconds", 0)
    people.set("offer_timeout_seconds", 1)
    mitra = call("create_mitra", "SELECT (api.create_mitra('M', '+629990000001', 1) ->> 'id')::uuid")
    other = people.mitra()
    customer, second = people.customer(), people.customer()
    package = people.package()
    payment = call(
        "create_payment_request",
        "SELECT (api.create_payment_request(%s, %s, p_anyone_available => true) ->> 'id')::uuid",
        customer,
        package,
    )
    call("confirm_payment", "SELECT api.confirm_payment(%s)", payment)
    session = people.value("SELECT id FROM core.chat_sessions WHERE customer_id = %s", customer)
    call("go_online", "SELECT api.go_online(%s)", mitra)
    offer = call("blast", "SELECT offer_id FROM api.blast(%s, %s) WHERE mitra_id = %s", session, [mitra, other], mitra)
    rejected = people.value(
        "SELECT id FROM core.pairing_offers WHERE session_id = %s AND mitra_id = %s", session, other
    )
    call("decline_offer", "SELECT api.decline_offer(%s, %s)", rejected, other)
    waiting = people.offer(people.search(second), mitra)
    call("accept_offer", "SELECT api.accept_offer(%s, %s)", offer, mitra)
    call("run_due", "SELECT count(*) FROM api.run_due()")
    assert people.value("SELECT status FROM core.pairing_offers WHERE id = %s", waiting) == "cancelled"
    call("record_heartbeat", "SELECT api.record_heartbeat(%s)", mitra)
    call("copy_heartbeats", "SELECT api.copy_heartbeats(%s, ARRAY[clock_timestamp()])", [mitra])
    call("note_heartbeats", "SELECT api.note_heartbeats(%s)", [mitra])
    call("end_session", "SELECT api.end_session(%s, 'mitra', %s)", session, mitra)
    call("rate_session", "SELECT api.rate_session(%s, %s, 5)", session, customer)
    call(
        "cancel_session",
        "SELECT api.cancel_session(id, customer_id) FROM core.chat_sessions WHERE customer_id = %s",
        second,
    )
    link = people.payment(second, package)
    call("cancel_payment_request", "SELECT api.cancel_payment_request(%s, %s)", link, second)
    call("go_offline", "SELECT api.go_offline(%s)", mitra)
    people.value(
        "UPDATE core.mitra_online_status SET last_heartbeat_at = '-infinity', last_online_at = '-infinity'"
        " WHERE mitra_id = %s RETURNING 1",
        other,
    )
    call("auto_offline", "SELECT api.auto_offline(%s)", [other])
    call("deactivate_mitra", "SELECT api.deactivate_mitra(%s)", mitra)
    call("activate_mitra", "SELECT api.activate_mitra(%s)", mitra)
    call("set_config", "SELECT api.set_config('blast_size', '11', 'test')")
    call("logout", "SELECT api.logout(family) FROM core.auth_sessions WHERE user_id = %s", customer)
    call("request_reseed", "SELECT api.request_reseed(NULL)")

    assert heard["create_mitra"] == {"mitra_mirror"}
    assert heard["create_payment_request"] == set()
    assert heard["confirm_payment"] == {"pairing", "events"}
    assert heard["go_online"] == {"mitra_mirror", "pairing", "events"}
    assert heard["blast"] == {"events", "deadlines"}
    assert heard["decline_offer"] == set()
    assert heard["accept_offer"] == {"mitra_mirror", "deadlines", "events"}
    assert heard["record_heartbeat"] == heard["copy_heartbeats"] == heard["note_heartbeats"] == set()
    assert heard["rate_session"] == set()
    assert heard["end_session"] == {"mitra_mirror", "pairing", "events"}
    assert heard["go_offline"] == {"mitra_mirror", "events"}
    assert heard["auto_offline"] == heard["deactivate_mitra"] | {"events"} == {"mitra_mirror", "events"}
    assert heard["activate_mitra"] == heard["request_reseed"] == {"mitra_mirror"}
    assert heard["set_config"] == {"config"}
    assert heard["logout"] == {"events"}


def test_a_change_of_nothing_rings_nothing(people: People, ears: Ears) -> None:
    mitra, offline, session = people.mitra(), people.mitra(online=False), people.session(people.mitra())
    people.value("SELECT api.end_session(%s, 'cc', NULL)", session)
    payment = people.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session)

    assert ears.hear("SELECT api.go_online(%s)", mitra) == {}
    assert ears.hear("SELECT api.go_offline(%s)", offline) == {}
    assert ears.hear("SELECT api.activate_mitra(%s)", mitra) == {}
    assert ears.hear("SELECT api.auto_offline(%s)", [mitra, offline]) == {}
    assert ears.hear("SELECT api.confirm_payment(%s)", payment) == {}
    assert ears.hear("SELECT api.end_session(%s, 'cc', NULL)", session) == {}
    assert ears.hear("SELECT count(*) FROM api.run_due()") == {}
    assert ears.hear("SELECT expired FROM api.expire_stale_payment_requests()") == {}
    assert ears.hear("UPDATE core.mitras SET display_name = 'Another' WHERE id = %s RETURNING id", mitra) == {}


def test_the_mirror_is_told_which_mitras_in_payloads_that_notify_can_carry(people: People, ears: Ears) -> None:
    heard = ears.hear(
        "WITH made AS (INSERT INTO core.mitras (display_name, phone)"
        " SELECT 'M', '+62998' || lpad(number::text, 9, '0') FROM generate_series(1, 1000) AS number RETURNING id)"
        " SELECT array_agg(id) FROM made"
    )
    made: list[UUID] = ears.value

    assert set(heard) == {"mitra_mirror"}
    assert all(len(payload) < 8000 for payload in heard["mitra_mirror"])
    assert sorted(UUID(mitra) for payload in heard["mitra_mirror"] for mitra in payload.split(",")) == sorted(made)


def test_a_deadline_rings_only_when_it_is_near(people: People, ears: Ears) -> None:
    people.set("offer_timeout_seconds", 30)
    mitra = people.mitra()

    assert "deadlines" not in ears.hear("SELECT count(*) FROM api.blast(%s, %s)", people.search(), [mitra])
    people.set("offer_timeout_seconds", 1)
    assert ears.hear("SELECT count(*) FROM api.blast(%s, %s)", people.search(), [mitra])["deadlines"] == [""]


def test_a_mitra_that_writes_without_a_socket_rings_for_the_time_that_is_given_back(people: People, ears: Ears) -> None:
    people.set("outage_credit_policy", "credit")
    mitra = people.mitra()
    session = people.session(mitra)

    def look(*, is_connected: bool) -> dict[str, list[str]]:
        return ears.hear(
            "SELECT count(*) FROM api.note_presence(ARRAY[%s::uuid], '{mitra}', ARRAY[%s::uuid], ARRAY[%s])",
            session,
            mitra,
            is_connected,
        )

    look(is_connected=True)
    look(is_connected=False)
    people.value(
        "UPDATE core.session_presences SET since = since - interval '2 minutes' WHERE session_id = %s RETURNING 1",
        session,
    )
    assert look(is_connected=False) == {}
    assert people.column("SELECT state FROM core.session_presences WHERE session_id = %s", session) == ["gone"]
    people.value("SELECT count(*) FROM api.send_message(%s, 'mitra', %s, 'one', 'Still here')", session, mitra)
    assert look(is_connected=False) == {"deadlines": [""]}
    assert people.column("SELECT state FROM core.session_presences WHERE session_id = %s", session) == ["away"]
    assert people.value("SELECT kind FROM api.run_due()") == "absence"
