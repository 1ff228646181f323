"""Customers: found by id, or by phone for those who may see phones; one with everything that happened to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from falcon.asgi import Request, Response

from app.pages.screen import Content, Screen, see_other
from app.pages.visit import ID, Act, Sought, Visit
from app.pages.words import N_
from app.problems import Problem
from app.resources.internal import customers, payments


class CustomersScreen(Screen):
    """GET and POST /customers; the address never holds a phone."""

    template = "customers.html"
    has_filters = True
    section = "customers"
    needs = customers.CustomerList
    acts = {"search": Act(customers.SearchCustomer, shows=True)}

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        visit = await self._enter(req, resp)
        if visit is None:
            return
        await visit.understand("id", customers.CustomerList)
        found, missed = visit.query.get("id", ""), visit.sought.pop("id", None)
        if ID.fullmatch(found):
            see_other(resp, f"/customers/{found}")
        else:
            await self.show(visit, {**path, "missed": missed}, status=404 if missed else 200)

    async def show(self, visit: Visit, path: Mapping[str, Any], *, status: int = 200) -> None:
        """Render the screen; why an id can mean nobody stands where it was typed, and the list stays."""
        wrong = visit.wrong_filter
        if wrong is not None and visit.is_wrong("id"):
            if visit.refused_filters <= {"id"}:
                visit.wrong_filter = None
            path, status = {**path, "wrong": wrong}, wrong.status
        await super().show(visit, path, status=status)

    async def look(
        self, visit: Visit, missed: Sought | None = None, wrong: Problem | None = None, **_path: Any
    ) -> Content:
        """Ask for the customers that the filters let through; `missed` and `wrong` say why an id found none."""
        found = visit.answered
        return {
            "customers": await visit.listed(customers.CustomerList),
            "found": found and found.reply["items"],
            "missed": missed,
            "wrong": wrong,
            "may_search": visit.has("pii", "read"),
        }


class CustomerScreen(Screen):
    """GET and POST /customers/{customer_id}."""

    template = "customer.html"
    section = "customers"
    acts = {"return_balance": Act(payments.ReturnBalance, done=N_("The balance is due: pay it back by each payment."))}

    async def look(self, visit: Visit, customer_id: UUID, **_path: Any) -> Content:
        """Ask for the customer with the newest of everything."""
        return {
            "customer": await visit.ask(customers.OneCustomer, customer_id=customer_id),
            "may_update": visit.may(payments.ReturnBalance, "post"),
        }


SCREENS = {"/customers": CustomersScreen, "/customers/{customer_id:uuid}": CustomerScreen}
