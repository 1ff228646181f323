"""How codes are made and reach a phone."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from app.auth.otp import CodeHasher, ConsoleProvider, HttpProvider, code_provider, random_code
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import serving
from tests.support.waiting import eventually

PHONE = "+6281211112222"


class Gateway:
    """A small gateway that answers with the statuses it is told, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.requests: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.requests.append((headers, body))
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/codes"
    async with server:
        yield gateway


@pytest.fixture
async def sms(gateway: Gateway) -> AsyncIterator[HttpProvider]:
    made = HttpProvider(gateway.url)
    yield made
    await made.close()


async def test_a_code_is_posted_to_the_gateway(gateway: Gateway, sms: HttpProvider) -> None:
    await sms.deliver(PHONE, "123456")
    ((_, body),) = gateway.requests
    assert body == {"phone": PHONE, "code": "123456"}


async def test_a_busy_gateway_is_asked_again(gateway: Gateway, sms: HttpProvider) -> None:
    gateway.statuses = [503, 429]
    await sms.deliver(PHONE, "123456")
    assert len(gateway.requests) == 3


@pytest.mark.parametrize(("statuses", "asked"), [([400], 1), ([503, 503, 503, 503], 3)], ids=["refuses", "stays away"])
async def test_a_delivery_that_fails_is_logged_without_phone_and_code(
    gateway: Gateway, sms: HttpProvider, statuses: list[int], asked: int
) -> None:
    gateway.statuses = list(statuses)
    with structlog.testing.capture_logs() as logged:
        await sms.deliver(PHONE, "123456")
    assert len(gateway.requests) == asked
    assert [line["status"] for line in logged if line["event"] == "code_not_delivered"] == [statuses[0]]
    assert PHONE not in repr(logged)
    assert "123456" not in repr(logged)


async def test_the_answer_does_not_wait_for_the_gateway_and_passes_the_trace_on(
    api_settings: ApiSettings, gateway: Gateway
) -> None:
    settings = api_settings.model_copy(update={"otp_provider": "http", "otp_http_url": gateway.url})
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async def delivered() -> bool:
        return bool(gateway.requests)

    async with serving(create_public_app(settings)) as client:
        asked = {"phone": PHONE, "user_type": "customer"}
        answer = await client.post("/api/auth/otp/request", json=asked, headers={"traceparent": traceparent})
        assert (answer.status_code, answer.content) == (202, b"")
        await eventually(delivered, "the code is sent")
        ((headers, body),) = gateway.requests
        assert headers["traceparent"] == traceparent
        verified = await client.post("/api/auth/otp/verify", json=asked | {"code": body["code"]})
        assert verified.status_code == 200


async def test_nothing_is_sent_to_a_phone_of_no_mitra(api_settings: ApiSettings, gateway: Gateway) -> None:
    settings = api_settings.model_copy(update={"otp_provider": "http", "otp_http_url": gateway.url})

    async def delivered() -> bool:
        return bool(gateway.requests)

    async with serving(create_public_app(settings)) as client:
        for user_type in ("mitra", "customer"):
            asked = {"phone": PHONE, "user_type": user_type}
            assert (await client.post("/api/auth/otp/request", json=asked)).status_code == 202
        await eventually(delivered, "a code is sent")
    assert len(gateway.requests) == 1


async def test_in_development_codes_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    console = ConsoleProvider()
    await console.deliver(PHONE, "123456")
    assert capsys.readouterr().out == f"The code for {PHONE} is 123456\n"


def test_the_fixed_provider_always_issues_its_code(api_settings: ApiSettings) -> None:
    settings = api_settings.model_copy(update={"otp_fixed_code": "424242"})
    assert {code_provider(settings).code() for _ in range(5)} == {"424242"}


def test_codes_have_six_digits_and_can_not_be_foreseen() -> None:
    codes = [random_code() for _ in range(1_000)]
    assert {len(code) for code in codes} == {6}
    assert all(code.isdecimal() for code in codes)
    assert len(set(codes)) > 900


def test_a_hash_is_bound_to_secret_user_type_phone_and_code() -> None:
    hasher = CodeHasher("a" * 32)
    hashes = {
        *hasher.hashes("customer", PHONE, "123456"),
        *hasher.hashes("mitra", PHONE, "123456"),
        *hasher.hashes("customer", "+6281211112223", "123456"),
        *hasher.hashes("customer", PHONE, "123457"),
        *CodeHasher("b" * 32).hashes("customer", PHONE, "123456"),
    }
    assert len(hashes) == 5
    assert set(hasher.hashes("customer", PHONE, "123456")) < hashes
