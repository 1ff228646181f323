"""One visit: who looks at a screen, and the way from the screen to the operations of the internal API."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

import msgspec
from falcon.asgi import Request, Response

from app.http import csv, web_sessions
from app.http.call import Call
from app.http.carrying import Asked, perform
from app.http.operation import Operation
from app.http.resource import Resource
from app.http.web_sessions import Visitor
from app.pages.forms import Form, in_zone, kinds_of
from app.pages.rendering import View
from app.problems import Problem
from app.resources import internal
from app.services import InternalServices
from app.shapes.base import Page
from app.sql import control_centre

MOST_MEANT = 20
"""So many of those whom a filter may mean are named."""
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Act(NamedTuple):
    """What a form of a screen does: an operation, the notice after it, and where it leads to.

    `body` makes the operation's body of a form that is more than its fields. `then` is an address, with the reply's
    fields in it; without it the screen itself is shown again. An act that `shows` changes nothing: the screen shows its
    reply, and keeps what was typed.
    """

    resource: type[Resource]
    done: str = ""
    method: str = "post"
    then: str | None = None
    body: Callable[[Form], dict[str, Any]] | None = None
    shows: bool = False


class RefusedAct(NamedTuple):
    """An act that was refused: its name, why, and what was typed."""

    act: str
    problem: Problem
    form: Form


class AnsweredAct(NamedTuple):
    """An act that shows something: its name, the reply, and what was typed."""

    act: str
    reply: Any
    form: Form


class Sought(NamedTuple):
    """Whom a filter may mean: what was typed, and those who are like that."""

    typed: str
    found: list[dict[str, Any]]


class Tile(NamedTuple):
    """A part of a screen that may fail by itself: what an operation answered, or why it did not."""

    reply: Any
    problem: Problem | None

    @classmethod
    async def of(cls, asked: Awaitable[Any]) -> Self:
        """Wait for what was asked: its fault leaves the rest of the screen alive."""
        try:
            return cls(await asked, None)
        except Exception as error:  # noqa: BLE001  # whatever it is, the rest of the screen is shown
            return cls(None, Problem.of(error))


class Operations:
    """The operations of the internal API, as a page performs them."""

    def __init__(self, services: InternalServices, resources: Mapping[type[Resource], Resource]) -> None:
        self.services = services
        self._resources = dict(resources)
        self.menu: dict[str, type[Resource]] = {}
        """The operation that each entry of the menu needs, by its address."""
        self._paths = {resource: path for path, resource in internal.ROUTES.items()}

    def described(self, resource: type[Resource], method: str) -> Operation:
        """One of them, as data."""
        return resource.operations()[method]

    def may(self, visitor: Visitor | None, resource: type[Resource], method: str = "get") -> bool:
        """Whether to show the visitor a way to an operation."""
        needs = self.described(resource, method).needs
        if visitor is None or (visitor.session.is_display and needs != web_sessions.DISPLAY_ONLY):
            return False
        return needs is None or visitor.may(*needs)

    def screens(self, visitor: Visitor | None) -> set[str]:
        """The addresses of the menu that the visitor may go to."""
        return {path for path, resource in self.menu.items() if self.may(visitor, resource)}

    def address_of(self, resource: type[Resource], given: Mapping[str, Any]) -> str:
        """The address of a resource, with these values in its path."""
        path = self._paths[resource]
        for name, value in given.items():
            path = path.replace("{" + name + ":uuid}", str(value)).replace("{" + name + "}", quote(str(value)))
        return path

    async def ask(
        self,
        req: Request,
        resp: Response,
        visitor: Visitor | None,
        resource: type[Resource],
        method: str,
        given: Mapping[str, Any],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        version: str | None = None,
    ) -> Any:
        """Perform an operation for a visitor; gives its reply as JSON has it, or raises its Problem."""
        one = self._resources.setdefault(resource, resource(self.services))
        responder = getattr(one, f"on_{method}").responder
        call = Call(req, resp, self.services, None)
        if visitor is not None:
            visitor.enter(call)

        async def sent() -> bytes:
            return b"" if body is None else msgspec.json.encode(body)

        path = self.address_of(resource, given) if resource in self._paths else req.path
        params = {name: str(value) for name, value in (query or {}).items() if value not in (None, "")}
        asked = Asked(method.upper(), path, given, params, sent, key, version)
        answer = await perform(self.described(resource, method), partial(responder, one), call, asked)
        reply: Any = msgspec.json.decode(answer.body) if answer.body else None
        if answer.status >= 400:
            raise Problem(
                reply["code"],
                reply["detail"],
                status=answer.status,
                field=reply.get("field"),
                hint=reply.get("hint"),
            )
        return reply


class Visit:
    """One request for a screen: who looks, and the way to the operations."""

    def __init__(self, operations: Operations, req: Request, resp: Response, visitor: Visitor | None) -> None:
        self.operations = operations
        self.req = req
        self.resp = resp
        self.visitor = visitor
        self.view = View.of(req, visitor, is_development=not operations.services.settings.is_production)
        self.views: list[dict[str, str]] = []
        """The saved views of the user, where a screen has filters."""
        self.form: Form = {}
        """What was sent."""
        self.refused: RefusedAct | None = None
        self.answered: AnsweredAct | None = None
        self.csv: str | None = None
        """Where the list of the screen comes as CSV, with its filters."""
        self.query: dict[str, str] = {
            name: value for name, value in req.params.items() if isinstance(value, str) and name != "done"
        }
        """The filters in the address."""
        self.sought: dict[str, Sought] = {}
        """The filters that name nobody, or several."""
        self.wrong_filter: Problem | None = None
        """Why the list could not be filtered like that."""
        self.refused_filters: set[str] = set()
        """The filters that may not be in an address, and were taken away."""

    async def ask(
        self,
        resource: type[Resource],
        method: str = "get",
        /,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        once: str | None = None,
        version: str | None = None,
        **given: Any,
    ) -> Any:
        """Perform an operation; gives its reply as JSON has it, or raises its Problem. `once` is an idempotency key."""
        return await self.operations.ask(
            self.req,
            self.resp,
            self.visitor,
            resource,
            method,
            given,
            query=query,
            body=body,
            key=once,
            version=version,
        )

    async def judge_filters(self) -> None:
        """Take away all filters that may not be in an address, and keep why; the database judges them.

        So the page that is shown has none of them, neither in a field nor in a link.
        """
        db, filters = self.operations.services.db, {"names": list(self.query), "values": list(self.query.values())}
        try:
            await db.call(control_centre.require_filters, **filters)
        except Exception as error:
            problem = Problem.of(error)
            if problem.is_fault:
                raise
            self.refused_filters = set(await db.call(control_centre.refused_filters, **filters))
            self.query = {name: value for name, value in self.query.items() if name not in self.refused_filters}
            self.wrong_filter = problem

    def is_wrong(self, name: str) -> bool:
        """Whether this filter was refused, or names nobody or several."""
        is_refused = self.wrong_filter is not None and self.wrong_filter.field == name
        return is_refused or name in self.refused_filters or name in self.sought

    async def understand(self, name: str, resource: type[Resource]) -> bool:
        """Take the name, or the beginning of the id, in a filter for the id that the list of `resource` finds by it.

        No phone is shown for it, so none is audited as read. Gives whether it found just one: then the browser is led
        to the address with the id.
        """
        if name not in self.query or self.wrong_filter:
            return False
        typed = self.query[name] = self.query[name].strip()
        if not typed or ID.fullmatch(typed):
            return False
        try:
            found = (await self.ask(resource, query={"q": typed, "limit": MOST_MEANT, "phones": "false"}))["items"]
        except Exception as error:
            problem = Problem.of(error)
            if problem.is_fault:
                raise
            problem.field = name
            self.wrong_filter = problem
            return False
        if len(found) != 1:
            self.sought[name] = Sought(typed, found)
            return False
        self.query[name] = found[0]["id"]
        return True

    async def listed(self, resource: type[Resource], otherwise: Mapping[str, str] | None = None, **given: Any) -> Any:
        """Ask for a list with the filters of the address, and `otherwise` those that it has not, or blank.

        A filter that is refused finds none; the form of the filters says which, and why. A page of the list that there
        is not is no filter.
        """
        nothing: dict[str, Any] = {"items": [], "next_cursor": None}
        if self.sought or self.wrong_filter:
            return nothing
        query = resource.operations()["get"].query
        given_filters = {name: value for name, value in self.query.items() if value}
        kinds = {field.encode_name: kinds_of(field.type) for field in msgspec.structs.fields(query)}
        known = {
            name: in_zone(value, self.zone) if datetime in kinds[name] else value
            for name, value in {**(otherwise or {}), **given_filters}.items()
            if name in kinds
        }
        list_path = self.operations.address_of(resource, given)
        self.csv = list_path + "?" + urlencode({**csv.filters(known), csv.FORMAT: "csv"})
        try:
            return await self.ask(resource, query=known, **given)
        except Exception as error:
            problem = Problem.of(error)
            if problem.code != "VALIDATION_ERROR" or problem.field not in known.keys() - Page.__struct_fields__:
                raise
            self.wrong_filter, self.csv = problem, None
            return nothing

    @property
    def zone(self) -> str:
        """The operator's time zone."""
        return self.view.zone

    async def tile(self, resource: type[Resource], **asked: Any) -> Tile:
        """Ask for a part of a screen that may be missing."""
        return await Tile.of(self.ask(resource, **asked))

    async def tiles(self, *asked: type[Resource], **given: Any) -> list[Tile]:
        """Ask for several such parts at once."""
        return list(await asyncio.gather(*(self.tile(resource, **given) for resource in asked)))

    def may(self, resource: type[Resource], method: str = "get") -> bool:
        """Whether to show a way to this operation."""
        return self.operations.may(self.visitor, resource, method)

    @property
    def kept_query(self) -> str:
        """The filters of the address as a saved view keeps them; nothing on a screen below another."""
        is_below = self.req.path.count("/") > 1
        return "" if is_below else urlencode({name: value for name, value in self.query.items() if name != "cursor"})

    def has(self, resource: str, action: str) -> bool:
        """Whether the role has a permission that an operation asks for beside its own."""
        return self.visitor is not None and self.visitor.may(resource, action)

    def takes(self, act: Act, field: str) -> bool:
        """Whether the operation of an act takes this field in its body."""
        shape = self.operations.described(act.resource, act.method).body
        return shape is not None and field in shape.__struct_fields__

    def requires(self, act: Act, field: str) -> bool:
        """Whether the operation of an act takes no body without this field."""
        shape = self.operations.described(act.resource, act.method).body
        return shape is not None and any(each.name == field and each.required for each in msgspec.structs.fields(shape))

    def typed(self, act: str, name: str, otherwise: Any = "") -> Any:
        """What a field of a form holds: what was typed, when the form comes back refused, or with what it shows."""
        for come_back in (self.refused, self.answered):
            if come_back is not None and come_back.act == act:
                return come_back.form.get(name, [""])[-1]
        return otherwise

    def address(self, **changed: Any) -> str:
        """Give the screen's address with other filters; None takes a filter away."""
        query = {**self.query, **changed}
        kept = {name: value for name, value in query.items() if value not in (None, "")}
        return self.req.path + ("?" + urlencode(kept) if kept else "")
