"""Customers, as the control centre finds and shows them."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.customers import CustomerDetails, CustomerPage, Customers, CustomerSearch
from app.sql import customers

READ = Permission("customers", "read")


class CustomerList(Resource):
    """GET /internal/customers."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: CustomerPage) -> Customers:
        """Give the customers, newest first: all, or those of whose id `q` is the beginning."""
        call.is_audited = True
        return await call.sql(
            customers.list_customers,
            is_anonymous=query.is_anonymous,
            is_deleted=query.is_deleted,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
            actor_id=call.user.sub,
            q=query.q,
            with_phones=query.phones,
        )


class OneCustomer(Resource):
    """GET /internal/customers/{customer_id}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, customer_id: UUID) -> CustomerDetails:
        """Give a customer with the newest twenty sessions, payments, refunds, transactions and failed pairings."""
        call.is_audited = True
        return await call.sql(customers.find_customer, customer_id=customer_id, actor_id=call.user.sub)


class SearchCustomer(Resource):
    """POST /internal/customers/search."""

    @operation(allow="cc", needs=READ)
    async def on_post(self, call: Call, body: CustomerSearch) -> Customers:
        """Find the customer with a phone, who may be nobody; the permission pii:read is needed too."""
        return await call.sql(customers.search_customer, phone=body.phone, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/customers": CustomerList,
    "/internal/customers/search": SearchCustomer,
    "/internal/customers/{customer_id:uuid}": OneCustomer,
}
