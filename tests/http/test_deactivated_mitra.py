"""What an access token of a mitra still does after the mitra was deactivated: it reads, and commands nothing."""

import secrets
from uuid import UUID

import httpx
import pytest

from app.http.openapi import documented_path
from app.resources import public
from tests.support.http_apps import problem
from tests.support.market import Market, Person

# What only reads is still answered: the two parties may always read.
READS = {
    ("get", "/api/me"),
    ("get", "/api/me/export"),
    ("get", "/api/mitra/earnings"),
    ("get", "/api/mitra/status"),
    ("get", "/api/mitra/sessions"),
    ("get", "/api/mitra/stats"),
    ("get", "/api/chat/sessions"),
    ("get", "/api/chat/{session_id}/info"),
    ("get", "/api/chat/{session_id}/messages"),
}
# What takes something away from this mitra's own phone.
LEAVES = {("delete", "/api/me/push-tokens/{token}"), ("post", "/api/auth/logout")}
BODIES: dict[tuple[str, str], object] = {
    ("patch", "/api/me"): {"display_name": "Sari"},
    ("post", "/api/chat/{session_id}/messages"): {"client_message_id": "m", "body": "Halo"},
    ("post", "/api/chat/{session_id}/read"): {"seq": 1},
    ("post", "/api/chat/{session_id}/extensions/{extension_id}/respond"): {"accepted": True},
    ("put", "/api/chat/{session_id}/sensitivity"): {"topic_sensitivity": "sensitive"},
    ("post", "/api/chat/{session_id}/report"): {"reason": "rude"},
}
OPERATIONS = [
    (method, documented_path(template))
    for template, resource in public.ROUTES.items()
    for method, operation in resource.operations().items()
    if "mitra" in operation.allow
]


@pytest.fixture
def things(market: Market, mitra: Person) -> dict[str, UUID | str]:
    """A live offer, a running session that waits for an extension, a phone: all of this mitra."""
    (offer,) = market.offer(market.customer(), mitra)
    customer = market.customer()
    session = market.session(customer, mitra)
    market.value("SELECT api.send_message(%s, 'customer', %s, 'c', 'Halo')::text", session, customer.id)
    extension = market.extension(session)
    market.value("SELECT api.request_data_export('mitra', %s)::text", mitra.id)
    token = secrets.token_hex(16)
    market.value("SELECT api.register_push_token('mitra', %s, %s)::text", mitra.id, token)
    return {"offer_id": offer, "session_id": session, "extension_id": extension, "token": token}


async def test_every_command_of_a_deactivated_mitra_is_refused_at_once_and_the_rest_goes_on(
    api: httpx.AsyncClient, market: Market, mitra: Person, things: dict[str, UUID | str]
) -> None:
    market.deactivate(mitra)
    answers = {}
    for method, path in sorted(OPERATIONS, key=lambda operation: operation in LEAVES):
        answer = await api.request(
            method.upper(), path.format(**things), json=BODIES.get((method, path)), headers=mitra.headers
        )
        answers[method, path] = problem(answer) if answer.is_error else (answer.status_code, "")
    assert {one: answer for one, answer in answers.items() if one in READS} == dict.fromkeys(READS, (200, ""))
    assert {one: answer for one, answer in answers.items() if one in LEAVES} == dict.fromkeys(LEAVES, (204, ""))
    commands = answers.keys() - READS - LEAVES
    assert {one: answers[one] for one in commands} == dict.fromkeys(commands, (403, "MITRA_DEACTIVATED"))
    assert market.value("SELECT count(*) FROM core.push_tokens WHERE user_id = %s", mitra.id) == 0


async def test_the_same_commands_of_an_active_mitra_are_not_refused_like_that(
    api: httpx.AsyncClient, mitra: Person, things: dict[str, UUID | str]
) -> None:
    for method, path in OPERATIONS:
        answer = await api.request(
            method.upper(), path.format(**things), json=BODIES.get((method, path)), headers=mitra.headers
        )
        assert answer.status_code not in (403, 404, 422), (method, path, answer.text)


async def test_a_repeat_of_what_was_done_before_is_refused_too(
    api: httpx.AsyncClient, market: Market, mitra: Person
) -> None:
    session = market.session(market.customer(), mitra)
    message = {"client_message_id": "m", "body": "Halo"}
    commands = {f"/api/chat/{session}/messages": message, f"/api/chat/{session}/read": {"seq": 1}}
    keyed = mitra.headers | {"Idempotency-Key": "once"}
    for path, body in commands.items():
        assert (await api.post(path, json=body, headers=mitra.headers)).is_success
    ended = await api.post(f"/api/chat/{session}/end", headers=keyed)
    assert ended.is_success

    market.deactivate(mitra)
    for path, body in commands.items():
        answer = await api.post(path, json=body, headers=mitra.headers)
        assert problem(answer) == (403, "MITRA_DEACTIVATED"), path
    answer = await api.post(f"/api/chat/{session}/end", headers=keyed)
    assert problem(answer) == (403, "MITRA_DEACTIVATED")
