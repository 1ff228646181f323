"""Planted phone numbers, codes, passwords, tokens and messages: they lie where they must, and nowhere else."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.development.processes import free_port
from tests.support.market import PASSWORD, Market, Person
from tests.support.sizes import in_proof_alone
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.valkey_client import client_of
from tests.support.visitors import Served, serving
from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}


def secret(name: str) -> str:
    """A word that is nowhere else."""
    return f"planted-{name}-{secrets.token_hex(8)}"


class Plants:
    """What is planted, and in which tables it may lie."""

    def __init__(self) -> None:
        self.homes: dict[str, set[str]] = {}

    def plant(self, value: str, *homes: str) -> str:
        self.homes[value] = {f"core.{home}" for home in homes}
        return value

    def found_in(self, text: str) -> list[str]:
        """What of it is in a text. Six digits could also be a part of a time or an id: they count alone."""
        return [
            value
            for value in self.homes
            if (re.search(rf"(?<![\w.-]){value}(?![\w-])", text) if len(value) == 6 else value in text)
        ]


class Client:
    """Asks both apps, as anybody."""

    def __init__(self, served: Served, planted: Plants) -> None:
        self._addresses = served.addresses
        self._planted = planted
        self.answers: list[httpx.Response] = []

    def ask(self, method: str, path: str, token: str | None = None, *, raw: bytes | None = None, **body: object) -> Any:
        """Ask; tokens in the reply are planted from then on."""
        app = "internal" if path.startswith("/internal") else "api"
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        content = raw if raw is not None else json.dumps(body).encode() if body else None
        answer = httpx.request(
            method,
            self._addresses[app] + path,
            content=content,
            headers=headers,
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )
        self.answers.append(answer)
        reply = answer.json() if answer.content else {}
        for name in ("access_token", "refresh_token"):
            if name in reply:
                self._planted.plant(reply[name])
        return reply


def tables_with(conn: psycopg.Connection, value: str) -> set[str]:
    """The tables that have it in a row."""
    names = conn.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace = 'core'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    ).fetchall()
    looks = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name} AS t WHERE strpos(t::text, %(v)s) > 0)"
             for (name,) in names]  # fmt: skip
    return {name for (name,) in conn.execute(" UNION ALL ".join(looks).encode(), {"v": value})}


@pytest.fixture
def planted() -> Plants:
    return Plants()


@pytest.fixture
def served(app_url: Callable[[str], str], valkey_url: str, planted: Plants) -> Iterator[Served]:
    """All processes, at the level debug, with secrets in their settings."""
    password = planted.plant(secret("database-password"))
    urls = {command: app_url(role).replace(f"//{role}@", f"//{role}:{password}@") for command, role in ROLES.items()}
    assert all(password in url for url in urls.values())
    settings: dict[str, Any] = {
        "OTP_FIXED_CODE": planted.plant("735218"),
        "AUTH_JWT_SECRET": planted.plant(TEST_JWT_SECRET),
        "AUTH_JWT_OLD_SECRETS": planted.plant(secret("old-secret-of-at-least-thirty-two-bytes")),
        "XENDIT_ENABLED": "true",
        "XENDIT_BASE_URL": f"http://127.0.0.1:{free_port()}",  # nobody is there
        "XENDIT_SECRET_KEY": planted.plant(secret("xendit-key")),
        "XENDIT_WEBHOOK_TOKEN": planted.plant(secret("webhook-token")),
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
    }  # fmt: skip
    with serving(list(ROLES), place=ROOT, url=urls, valkey_url=valkey_url, **settings) as served:
        yield served


def live(client: Client, market: Market, conn: psycopg.Connection, planted: Plants, served: Served) -> None:
    """What people do, rightly and wrongly."""
    # People log in.
    phone, mitras_phone = (
        planted.plant("+6285712345678", "customers"),
        planted.plant("+6285787654321", "mitras", "otp_challenges"),
    )
    mitra = market.mitra(phone=mitras_phone)
    for number, user_type in ((phone, "customer"), (mitras_phone, "mitra")):
        client.ask("POST", "/api/auth/otp/request", phone=number, user_type=user_type)
        client.ask("POST", "/api/auth/otp/verify", phone=number, user_type=user_type, code="735219")
    tokens = client.ask("POST", "/api/auth/otp/verify", phone=phone, user_type="customer", code="735218")
    me = tokens["access_token"]
    assert client.ask("POST", "/api/auth/refresh", refresh_token=tokens["refresh_token"])["access_token"]
    client.ask("POST", "/api/auth/refresh", refresh_token=planted.plant(secret("forged-refresh-token")))

    # They chat, over HTTP and a socket; PostgreSQL has a fault meanwhile.
    customer = market.value("SELECT id FROM core.customers WHERE phone = %s", phone)
    session = market.session(Person("customer", customer, uuid4(), {}), mitra)
    path = f"/api/chat/{session}/messages"
    client.ask("POST", path, me, client_message_id="1", body=planted.plant(secret("message"), "chat_messages"))
    client.ask("POST", path, me, client_message_id="1", body=planted.plant(secret("other-body-of-an-id")))
    client.ask("POST", path, me, client_message_id="2", body=planted.plant(secret("long")) + "x" * 4_000)
    conn.execute("ALTER TABLE core.chat_messages RENAME TO elsewhere")
    client.ask("POST", path, me, client_message_id="3", body=planted.plant(secret("message-at-a-fault")))
    assert client.answers[-1].status_code == 500
    conn.execute("ALTER TABLE core.elsewhere RENAME TO chat_messages")
    url = served.addresses["api"].replace("http", "ws") + "/ws"
    frames: list[dict[str, Any]] = [
        {"type": "message", "body": planted.plant(secret("message-on-a-socket"), "chat_messages")},
        {"type": "message", "body": [planted.plant(secret("no-body"))]},
        {"type": planted.plant(secret("type-of-frame"))},
    ]
    for token in (me, planted.plant(secret("forged-access-token"))):
        protocols = [Subprotocol("halobestie.v1"), Subprotocol(f"bearer.{token}")]
        with suppress(WebSocketException), connect(url, subprotocols=protocols, proxy=None) as socket:
            for frame in frames:
                socket.recv(timeout=PATIENCE_SECONDS)
                socket.send(json.dumps(frame | {"client_message_id": "4", "session_id": str(session)}))
            socket.recv(timeout=PATIENCE_SECONDS)
    client.ask("PUT", f"/api/me/push-tokens/{planted.plant(secret('push-token'), 'push_tokens', 'pushes')}", me)
    client.ask("POST", f"/api/chat/{session}/end", me)
    client.ask("POST", f"/api/chat/{session}/rating", me, rating=5,
               comment=planted.plant(secret("comment"), "session_ratings"))  # fmt: skip
    client.ask("POST", f"/api/chat/{session}/report", me, reason="rude",
               comment=planted.plant(secret("report"), "reports"))  # fmt: skip

    # The provider is away, and somebody plays it.
    package = market.package()
    client.ask("POST", "/api/payment-requests", me, package_id=str(package))
    assert client.answers[-1].status_code == 502, client.answers[-1].text
    client.ask("POST", "/api/webhooks/xendit", event="payment.capture", data={})
    guess = {"x-callback-token": planted.plant(secret("wrong-callback-token"))}
    httpx.post(served.addresses["api"] + "/api/webhooks/xendit", json={}, headers=guess, trust_env=False)

    # Operators log in, read and change.
    email = market.email(market.operator())
    planted.plant(PASSWORD)
    wrong = planted.plant(secret("wrong-password"))
    client.ask("POST", "/internal/auth/login", email=email, password=wrong)
    boss = client.ask("POST", "/internal/auth/login", email=email, password=PASSWORD)["access_token"]
    new = planted.plant(secret("new-password"))
    client.ask("POST", "/internal/me/password", boss, old_password=PASSWORD, password=new)
    assert client.answers[-1].status_code == 204, client.answers[-1].text
    made = planted.plant("+6285711112222", "mitras")
    client.ask("POST", "/internal/mitras", boss, display_name="Dewi", phone=made)
    client.ask("POST", "/internal/mitras", boss, display_name="Dewi", phone=made)
    assert client.answers[-1].status_code == 409
    client.ask("POST", "/internal/customers/search", boss, phone=phone)
    assert client.answers[-1].status_code == 200

    # What is no request.
    odd = planted.plant(secret("odd"))
    for method, where, raw in (
        ("POST", "/api/auth/otp/verify", b'{"phone": "' + odd.encode()),
        ("POST", "/api/auth/otp/verify", json.dumps({"phone": phone, "user_type": odd, "code": odd}).encode()),
        ("POST", "/api/auth/otp/verify", json.dumps({"phone": [odd], "user_type": "mitra", "code": 1}).encode()),
        ("POST", "/api/auth/refresh", json.dumps({"refresh_token": {"a": odd}}).encode()),
        ("POST", "/internal/auth/login", json.dumps({"email": odd, "password": [odd]}).encode()),
        ("GET", f"/api/packages?token={odd}", None),
        ("GET", f"/api/{odd}/{phone}", None),
        ("GET", f"/internal/mitras?limit={odd}", None),
    ):  # fmt: skip
        client.ask(method, where, boss if where.startswith("/internal/mitras") else None, raw=raw)
    for name in ("Cookie", "Authorization", "traceparent", "X-Forwarded-For", "Idempotency-Key", "If-None-Match"):
        for app in ("api", "internal"):
            headers = {name: f"a={odd}", "X-Request-ID": f"{odd} {phone}"}
            httpx.get(f"{served.addresses[app]}/{'api/me' if app == 'api' else 'internal/me'}", headers=headers)


@in_proof_alone("starts all processes")
def test_what_is_planted_is_in_no_log_metric_or_key_and_in_no_table_but_its_own(
    served: Served, market: Market, conn: psycopg.Connection, planted: Plants, valkey_url: str
) -> None:
    client = Client(served, planted)
    live(client, market, conn, planted, served)
    metrics = [httpx.get(f"{served.addresses[app]}/metrics", trust_env=False) for app in ("internal", "listener")]
    assert all(answer.is_success for answer in metrics)
    log = served.log.read_text()
    assert log.count("\n") > 50
    assert planted.found_in(log) == []
    for answer in metrics:
        assert planted.found_in(answer.text) == []
    for answer in client.answers:
        if answer.status_code >= 500:
            assert planted.found_in(answer.text) == [], answer.url
    with client_of(valkey_url) as store:
        keys = b"\n".join(store.scan_iter("*")).decode(errors="replace")
        values = [store.get(key) for key in store.scan_iter("*", _type="string")]
    assert planted.found_in(keys + repr(values)) == []
    where = {value: tables_with(conn, value) for value in planted.homes}
    assert where == planted.homes


def test_a_planted_word_that_is_somewhere_is_found() -> None:
    planted = Plants()
    code, token = planted.plant("735218"), planted.plant(secret("token"))
    assert planted.found_in(f'{{"error": "no {token}!", "code": {code}}}') == [code, token]
    assert planted.found_in(f"after 0.{code} seconds, id 1{code}-0") == []
