"""Every operation of the control centre against those who may not do it: from the routes, so none is left out."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx

from app.http.operation import Operation, Permission
from app.resources import internal as internal_app
from tests.support.http_apps import problem
from tests.support.market import Market, Person


def operations() -> Iterator[tuple[str, str, Operation]]:
    """The method, a path that leads to nothing there is, and the operation, of all that asks who asks."""
    for template, resource in internal_app.ROUTES.items():
        path = re.sub(r"\{.*?\}", str(uuid4()), template)
        for method, operation in resource.operations().items():
            if operation.token == "required":
                yield method.upper(), path, operation


async def test_a_permission_that_is_missing_is_named_before_anything_else_is_looked_at(
    internal: httpx.AsyncClient, market: Market
) -> None:
    everything: dict[str, list[str]] = market.value("SELECT core.all_permissions()")
    without: dict[Permission, Person] = {}
    for method, path, operation in operations():
        needed = operation.needs
        if needed is None:
            continue
        assert needed.action in everything[needed.resource], path
        if needed not in without:
            rest = [action for action in everything[needed.resource] if action != needed.action]
            without[needed] = market.operator(market.role(json.dumps(everything | {needed.resource: rest})))
        answer = await internal.request(method, path, headers=without[needed].headers)
        assert problem(answer) == (403, "FORBIDDEN"), (method, path)
        assert answer.json()["detail"] == f"This needs the permission {needed.resource}:{needed.action}.", path
    assert len(without) > 10


async def test_customers_mitras_and_strangers_do_nothing_in_the_control_centre(
    internal: httpx.AsyncClient, market: Market
) -> None:
    customer, mitra = market.customer(), market.mitra()
    for method, path, operation in operations():
        assert operation.allow == {"cc"}, path
        assert problem(await internal.request(method, path)) == (401, "UNAUTHENTICATED"), (method, path)
        for person in (customer, mitra):
            answer = await internal.request(method, path, headers=person.headers)
            assert problem(answer) == (403, "FORBIDDEN"), (method, path)


async def test_only_what_is_ones_own_needs_no_permission() -> None:
    own = {operation.name for _, _, operation in operations() if operation.needs is None}
    account = {"OwnAccount_get", "OwnAccount_patch", "OwnPasswordChange_post"}
    assert own == account | {"OwnViews_post", "OwnView_delete", "Logout_post"}
