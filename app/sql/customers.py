"""Customers, as the control centre finds and shows them."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.customers import CustomerDetails, Customers
from app.sql.function import sql_function


@sql_function("api.list_customers")
async def list_customers(
    conn: Connection,
    *,
    is_anonymous: bool | None,
    is_deleted: bool | None,
    from_at: datetime | None,
    to_at: datetime | None,
    limit: int,
    cursor: str | None,
    actor_id: UUID | None,
    q: str | None,
    with_phones: bool | None,
) -> Customers:
    """Give a page of customers, as the actor may see them."""


@sql_function("api.find_customer")
async def find_customer(conn: Connection, *, customer_id: UUID, actor_id: UUID | None) -> CustomerDetails:
    """Give a customer with what was newest, as the actor may see it."""


@sql_function("api.search_customer")
async def search_customer(conn: Connection, *, phone: str, actor_id: UUID | None) -> Customers:
    """Find the customer with this phone."""
