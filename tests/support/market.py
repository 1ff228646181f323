"""People, packages and sessions to make requests about, made with the database's own functions."""

import secrets
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from argon2 import PasswordHasher

from app.auth.tokens import Tokens, UserType
from tests.support.tokens import TEST_JWT_SECRET, bearer

PASSWORD = "correct horse battery staple"
# One cheap hash for all: what a good one costs is not what these tests are about.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Person:
    """Somebody with an access token."""

    type: UserType
    id: UUID
    headers: dict[str, str] = field(repr=False)


class Market:
    """Everything there is, as the database's owner makes it."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        self._tokens = Tokens(TEST_JWT_SECRET)

    def value(self, sql: LiteralString, *params: object) -> Any:
        """The one column of a statement's one row."""
        row = self._conn.execute(sql, params).fetchone()
        return None if row is None else row[0]

    def sign(self, user_type: UserType, user_id: UUID) -> Person:
        """Somebody's access token."""
        return Person(user_type, user_id, bearer(self._tokens.issue(user_type, user_id, uuid4())))

    def customer(self) -> Person:
        """A new anonymous customer."""
        row = self._conn.execute(
            "SELECT user_id FROM api.register_anonymous_customer(%s)", [secrets.token_bytes(32)]
        ).fetchone()
        assert row is not None
        return self.sign("customer", row[0])

    def mitra(self, *, online: bool = True, phone: str | None = None, max_sessions: int | None = None) -> Person:
        """A new mitra."""
        made = self.value(
            "SELECT api.create_mitra(%s, %s, %s::integer)",
            "Sari",
            phone or f"+62812{secrets.randbelow(10**8):08d}",
            max_sessions,
        )
        person = self.sign("mitra", UUID(made["id"]))
        if online:
            self.value("SELECT api.go_online(%s)", person.id)
        return person

    def deactivate(self, mitra: Person) -> None:
        """Take the mitra out of service."""
        self.value("SELECT api.deactivate_mitra(%s)", mitra.id)

    def operator(self, role: str = "super_admin") -> Person:
        """A control centre user with PASSWORD."""
        made = self.value(
            "SELECT api.create_admin(%s, %s, %s, %s)", f"{uuid4().hex}@example.com", "Ayu", PASSWORD_HASH, role
        )
        return self.sign("cc", UUID(made["id"]))

    async def queue_for_locks(self) -> int:
        """How many statements wait for a lock."""
        waiting: int = self.value("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return waiting

    def role(self, permissions: str) -> str:
        """A role with these permissions (JSON)."""
        name = f"role_{uuid4().hex}"
        self._conn.execute("INSERT INTO core.roles (name, permissions) VALUES (%s, %s)", [name, permissions])
        return name

    def package(
        self,
        *,
        minutes: int = 30,
        price: int = 50_000,
        first_session_price: int | None = None,
        is_extension: bool = False,
    ) -> UUID:
        """Something to buy."""
        made: UUID = self.value(
            "INSERT INTO core.price_packages (name, duration_minutes, price, first_session_price, is_extension)"
            " VALUES ('Half an hour', %s, %s, %s, %s) RETURNING id",
            minutes,
            price,
            first_session_price,
            is_extension,
        )
        return made

    def payment(self, customer: Person) -> UUID:
        """A payment request nobody paid yet."""
        made = self.value("SELECT api.create_payment_request(%s, %s, false, NULL, true)", customer.id, self.package())
        return UUID(made["id"])

    def search(self, customer: Person) -> UUID:
        """A paid session that looks for a mitra."""
        return UUID(self.value("SELECT api.confirm_payment(%s)", self.payment(customer))["session_id"])

    def offer(self, customer: Person, *mitras: Person) -> list[UUID]:
        """A paid session offered to these mitras: the offers in their order."""
        session_id = self.search(customer)
        made: dict[UUID, UUID] = dict(
            self._conn.execute(
                "SELECT mitra_id, offer_id FROM api.blast(%s, %s)", [session_id, [mitra.id for mitra in mitras]]
            ).fetchall()
        )
        return [made[mitra.id] for mitra in mitras]

    def session(self, customer: Person, mitra: Person) -> UUID:
        """A running session of the two."""
        (offer_id,) = self.offer(customer, mitra)
        return UUID(self.value("SELECT api.accept_offer(%s, %s)", offer_id, mitra.id)["id"])
