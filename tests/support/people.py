"""People by their ids, and what goes on between them, made by the database's own functions."""

import secrets
from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import psycopg.conninfo
from psycopg.types.json import Jsonb


class People:
    """Mitras, customers and what goes on between them, as a function of the database takes them.

    `tests.support.market.Market` makes the same, and logs them in.
    """

    def __init__(self, conn: psycopg.Connection) -> None:
        """`conn` belongs to the database's owner; each call is a transaction of its own."""
        self._conn = conn

    @property
    def url(self) -> str:
        """The address of the database, for its owner."""
        info = self._conn.info
        return psycopg.conninfo.make_conninfo(host=info.host, port=info.port, user=info.user, dbname=info.dbname)

    def value(self, query: LiteralString, *params: object) -> Any:
        """The one column of a query's first row, None without a row."""
        row = self._conn.execute(query, params).fetchone()
        return None if row is None else row[0]

    def column(self, query: LiteralString, *params: object) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self._conn.execute(query, params)]

    def set(self, key: str, value: object) -> None:
        """Change a rule of the business."""
        self.value("SELECT api.set_config(%s, %s, 'test')", key, Jsonb(value))

    def mitra(self, *, online: bool = True, phone: str | None = None, max_sessions: int | None = None) -> UUID:
        """A mitra, online unless said otherwise."""
        mitra = self.value(
            "SELECT (api.create_mitra('Sari', %s, %s) ->> 'id')::uuid",
            phone or f"+62812{secrets.randbelow(10**8):08}",
            max_sessions,
        )
        assert isinstance(mitra, UUID)
        if online:
            self.go_online(mitra)
        return mitra

    def go_online(self, mitra: UUID) -> None:
        """From now on the mitra may get offers."""
        self.value("SELECT api.go_online(%s)", mitra)

    def customer(self) -> UUID:
        """An anonymous customer."""
        customer = self.value("SELECT user_id FROM api.register_anonymous_customer(%s)", secrets.token_bytes(32))
        assert isinstance(customer, UUID)
        return customer

    def package(
        self,
        *,
        minutes: int = 30,
        price: int = 50_000,
        first_session_price: int | None = None,
        is_extension: bool = False,
    ) -> UUID:
        """A base package, unless it is said to be for extensions."""
        package = self.value(
            "INSERT INTO core.price_packages (name, duration_minutes, price, first_session_price, is_extension)"
            " VALUES ('Half an hour', %s, %s, %s, %s) RETURNING id",
            minutes,
            price,
            first_session_price,
            is_extension,
        )
        assert isinstance(package, UUID)
        return package

    def payment(self, customer: UUID, package: UUID | None = None) -> UUID:
        """An open payment link of a customer."""
        payment = self.value(
            "SELECT (api.create_payment_request(%s, %s, p_anyone_available => true) ->> 'id')::uuid",
            customer,
            package or self.package(),
        )
        assert isinstance(payment, UUID)
        return payment

    def search(self, customer: UUID | None = None, package: UUID | None = None) -> UUID:
        """A paid search without offers yet."""
        payment = self.payment(customer or self.customer(), package)
        session = self.value("SELECT (api.confirm_payment(%s) ->> 'session_id')::uuid", payment)
        assert isinstance(session, UUID)
        return session

    def owed(self, customer: UUID) -> UUID:
        """A payment by hand whose search the customer cancelled: all of its 50,000 rupiah are due."""
        session = self.search(customer)
        self.value("SELECT api.cancel_session(%s, %s)", session, customer)
        payment = self.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session)
        assert isinstance(payment, UUID)
        return payment

    def wave(self, session: UUID, mitras: Sequence[UUID]) -> dict[UUID, UUID]:
        """Offers of a search to mitras: the offer of each that got one."""
        offers = self._conn.execute("SELECT mitra_id, offer_id FROM api.blast(%s, %s)", [session, list(mitras)])
        return dict(offers.fetchall())

    def offer(self, session: UUID, mitra: UUID) -> UUID:
        """An offer of a search to one mitra."""
        return self.wave(session, [mitra])[mitra]

    def session(self, mitra: UUID, customer: UUID | None = None, package: UUID | None = None) -> UUID:
        """A session that runs, with this mitra."""
        session = self.search(customer, package)
        self.value("SELECT api.accept_offer(%s, %s)", self.offer(session, mitra), mitra)
        return session

    def extension(self, session: UUID, *, minutes: int = 10, price: int = 10_000) -> UUID:
        """More minutes of a session, paid and asked for; the mitra has not answered."""
        package = self.package(minutes=minutes, price=price, is_extension=True)
        customer = self.value("SELECT customer_id FROM core.chat_sessions WHERE id = %s", session)
        payment = self.value(
            "SELECT (api.create_payment_request(%s, %s, true, %s) ->> 'id')::uuid", customer, package, session
        )
        self.value("SELECT api.confirm_payment(%s)", payment)
        extension = self.value(
            "SELECT (api.request_extension(%s, %s, %s, %s, %s) ->> 'id')::uuid",
            session, customer, minutes, price, payment,
        )  # fmt: skip
        assert isinstance(extension, UUID)
        return extension

    def settle(self) -> int:
        """Move all that is due; how much that was."""
        moved = 0
        while count := self.value("SELECT count(*) FROM api.run_due(1000)"):
            moved += count
        return moved

    def assert_all_is_well(self) -> None:
        """No invariant is violated and every rupiah is accounted for."""
        violations = self._conn.execute("SELECT invariant, subject, details FROM ops.invariant_violations").fetchall()
        assert violations == []
        assert self.value("SELECT unaccounted FROM ops.money_balance") == 0
