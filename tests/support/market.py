"""People who have logged in, and what goes on between them."""

import secrets
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from argon2 import PasswordHasher

from app.auth.tokens import Tokens, UserType
from tests.support.names import new_name
from tests.support.people import People
from tests.support.tokens import TEST_JWT_SECRET, bearer

PASSWORD = "correct horse battery staple"
# One cheap hash for all: what a good one costs is not what these tests are about.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Person:
    """Somebody who has logged in, to make requests and to open sockets."""

    type: UserType
    id: UUID
    login: UUID
    headers: dict[str, str] = field(repr=False)
    """They carry the login's first access token."""

    @property
    def recipient(self) -> str:
        """The name of the person's stream of events."""
        return f"{self.type}:{self.id}"

    def token(self) -> str:
        """A fresh access token."""
        return Tokens(TEST_JWT_SECRET).issue(self.type, self.id, self.login)


class Market:
    """Makes what `People` makes, but gives people with a login instead of ids.

    Two classes, because a function of the database takes an id, and a request needs a token.
    """

    def __init__(self, conn: psycopg.Connection) -> None:
        """`conn` belongs to the database's owner."""
        self._conn = conn
        self._people = People(conn)

    def value(self, query: LiteralString, *params: object) -> Any:
        """The one column of a query's first row, None without a row."""
        return self._people.value(query, *params)

    def set(self, key: str, value: object) -> None:
        """Change a rule of the business."""
        self._people.set(key, value)

    def log_in(self, user_type: UserType, user_id: UUID) -> Person:
        """A new login of somebody."""
        login = self.value("SELECT core.open_login(%s, %s, %s)", user_type, user_id, secrets.token_bytes(32))
        assert isinstance(login, UUID)
        return Person(user_type, user_id, login, bearer(Tokens(TEST_JWT_SECRET).issue(user_type, user_id, login)))

    def customer(self) -> Person:
        """A new anonymous customer."""
        return self.log_in("customer", self._people.customer())

    def mitra(self, *, online: bool = True, phone: str | None = None, max_sessions: int | None = None) -> Person:
        """A new mitra, online unless said otherwise."""
        return self.log_in("mitra", self._people.mitra(online=online, phone=phone, max_sessions=max_sessions))

    def go_online(self, mitra: Person) -> None:
        """From now on the mitra may get offers."""
        self._people.go_online(mitra.id)

    def deactivate(self, mitra: Person) -> None:
        """Take the mitra out of service."""
        self.value("SELECT api.deactivate_mitra(%s)", mitra.id)

    def operator(self, role: str = "super_admin") -> Person:
        """A control centre user with PASSWORD."""
        made = self.value(
            "SELECT api.create_admin(%s, %s, %s, %s)", f"{new_name()}@example.com", "Ayu", PASSWORD_HASH, role
        )
        return self.log_in("cc", UUID(made["id"]))

    def email(self, operator: Person) -> str:
        """The operator's e-mail address."""
        known: str = self.value("SELECT email FROM core.control_center_users WHERE id = %s", operator.id)
        return known

    def role(self, permissions: str) -> str:
        """A role with these permissions (JSON)."""
        name = f"role_{new_name()}"
        self._conn.execute("INSERT INTO core.roles (name, permissions) VALUES (%s, %s)", [name, permissions])
        return name

    def package(self, **terms: Any) -> UUID:
        """Something to buy; the terms are those of `People.package`."""
        return self._people.package(**terms)

    def payment(self, customer: Person) -> UUID:
        """An open payment link of the customer."""
        return self._people.payment(customer.id)

    def search(self, customer: Person) -> UUID:
        """A paid search without offers yet."""
        return self._people.search(customer.id)

    def owed(self, customer: Person) -> UUID:
        """A payment by hand whose search the customer cancelled: all of its 50,000 rupiah are due."""
        return self._people.owed(customer.id)

    def offer(self, customer: Person, *mitras: Person) -> list[UUID]:
        """Offers of a new paid search to these mitras, in their order."""
        made = self._people.wave(self.search(customer), [mitra.id for mitra in mitras])
        return [made[mitra.id] for mitra in mitras]

    def session(self, customer: Person, mitra: Person) -> UUID:
        """A session that runs, of the two."""
        return self._people.session(mitra.id, customer.id)

    def extension(self, session: UUID, *, minutes: int = 10, price: int = 10_000) -> UUID:
        """More minutes of a session, paid and asked for; the mitra has not answered."""
        return self._people.extension(session, minutes=minutes, price=price)

    def assert_all_is_well(self) -> None:
        """No invariant is violated and every rupiah is accounted for."""
        self._people.assert_all_is_well()

    async def queue_for_locks(self) -> int:
        """How many statements wait for a lock."""
        waiting: int = self.value("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return waiting
