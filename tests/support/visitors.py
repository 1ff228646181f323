"""Processes of some installation, and the people who use them over HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from app.development.processes import free_port
from tests.support.ground import inherited
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, until

_PORTS = {"api": "PUBLIC_PORT", "internal": "INTERNAL_PORT", "listener": "LISTENER_PORT"}


@dataclass(frozen=True)
class Served:
    """Processes that run, by their commands."""

    addresses: dict[str, str]
    log: Path

    def is_ready(self) -> bool:
        """Whether each can do what it is for."""
        try:
            return all(httpx.get(f"{address}/readyz", timeout=2).is_success for address in self.addresses.values())
        except httpx.TransportError:
            return False


@contextmanager
def serving(
    commands: Sequence[str],
    *,
    place: Path,
    url: str | dict[str, str],
    valkey_url: str,
    user: int | None = None,
    **settings: str,
) -> Iterator[Served]:
    """Run commands of the program that lies in `place`, each with its own `url` if several are given, as `user`.

    `settings` are other than those of development.
    """
    processes: list[subprocess.Popen[bytes]] = []
    with TemporaryDirectory(prefix="halobestie-test-") as directory:
        log = Path(directory, "log")
        served = Served({command: f"http://127.0.0.1:{free_port()}" for command in commands}, log)
        try:
            for command, address in served.addresses.items():
                with log.open("ab") as output:
                    processes.append(
                        subprocess.Popen(
                            [sys.executable, "-m", "app", command],
                            cwd="/",
                            env={
                                "PATH": os.environ["PATH"],
                                "PYTHONPATH": str(place),
                                "PYTHONDONTWRITEBYTECODE": "1",
                                "APP_ENV": "development",
                                "OTP_PROVIDER": "fixed",
                                "DATABASE_URL": url if isinstance(url, str) else url[command],
                                "VALKEY_URL": valkey_url,
                                "AUTH_JWT_SECRET": TEST_JWT_SECRET,
                                "PUBLIC_HOST": "127.0.0.1",
                                "METRICS_PORT": "0",
                                **inherited(),
                                _PORTS[command]: address.rpartition(":")[2],
                                **settings,
                            },
                            stdout=output,
                            stderr=output,
                            user=user,
                            group=user,
                            extra_groups=None if user is None else [],
                        )
                    )

            def is_ready() -> bool:
                assert all(process.poll() is None for process in processes), log.read_text()
                return served.is_ready()

            until(is_ready, f"{', '.join(commands)} are ready", seconds=START_SECONDS)
            yield served
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(START_SECONDS)


class Visitors:
    """A customer and a mitra who use an API, and what a listener would do for them where there is none."""

    def __init__(self, served: Served, conn: psycopg.Connection) -> None:
        self._served = served
        self._conn = conn
        self._conn.execute("SELECT api.seed_demo()")
        phone = self.value("SELECT phone FROM core.mitras WHERE display_name = 'Mitra Satu'")
        self._ask("POST", "/api/auth/otp/request", phone=phone, user_type="mitra")
        self.mitra = self._ask("POST", "/api/auth/otp/verify", phone=phone, user_type="mitra", code="000000")[
            "access_token"
        ]
        self.customer = self._ask("POST", "/api/auth/customer/anonymous")["access_token"]

    def value(self, query: str, *params: object) -> Any:
        row = self._conn.execute(query.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def begin(self) -> str:
        """A customer pays, a mitra accepts: the session that runs."""
        self._ask("POST", "/api/mitra/status/online", self.mitra)
        package = self._ask("GET", "/api/packages", self.customer)["items"][0]["id"]
        paid = self._ask("POST", "/api/payment-requests", self.customer, package_id=package)
        paid = self._ask("POST", f"/api/payment-requests/{paid['id']}/confirm", self.customer)
        if "listener" not in self._served.addresses:
            assert self.value("SELECT count(*) FROM api.blast(%s)", paid["session_id"]) == 1
        offers = until(lambda: self._ask("GET", "/api/mitra/offers", self.mitra)["items"], "the mitra has an offer")
        offer = offers[0]["id"]
        session = self._ask("POST", f"/api/mitra/offers/{offer}/accept", self.mitra)
        assert session["status"] == "active"
        return str(session["id"])

    def talk(self, session: str) -> None:
        """Each says something, and the other reads it."""
        for writer, reader in ((self.customer, self.mitra), (self.mitra, self.customer)):
            said = self._ask(
                "POST", f"/api/chat/{session}/messages", writer, client_message_id=str(uuid4()), body="Halo"
            )
            self._ask("POST", f"/api/chat/{session}/read", reader, seq=said["seq"])
            assert self._ask("GET", f"/api/chat/{session}/messages", reader)["items"][-1]["body"] == "Halo"

    def end(self, session: str) -> None:
        """The customer ends it, the time for last words passes, and it is over."""
        assert self._ask("POST", f"/api/chat/{session}/end", self.customer)["status"] in ("closing", "completed")
        self._conn.execute("UPDATE core.chat_sessions SET closing_ends_at = now() WHERE id = %s", [session])
        if "listener" not in self._served.addresses:
            while self.value("SELECT count(*) FROM api.run_due(100)"):
                pass
        info = f"/api/chat/{session}/info"
        until(lambda: self._ask("GET", info, self.mitra)["status"] == "completed", "the session is over")
        self._ask("POST", f"/api/chat/{session}/rating", self.customer, rating=5)

    def _ask(self, method: str, path: str, token: str | None = None, **body: object) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = self._served.addresses["api"] + path
        answer = httpx.request(
            method, url, json=body or None, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
        )
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}\n{self._served.log.read_text()[-4000:]}"
        return answer.json() if answer.content else None
