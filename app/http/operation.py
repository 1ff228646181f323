"""`@operation`: everything that holds for one method of one route, in one place.

From it come the checks that a request passes before its responder runs, and its part of the OpenAPI document. Body,
query and reply are taken from the responder's signature:

    @operation(allow="mitra", refuses=("OFFER_TAKEN",), idempotent=True)
    async def on_post(self, call: Call, offer_id: UUID) -> Session: ...
"""

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, NamedTuple, get_type_hints

import msgspec
from falcon.asgi import Request, Response

from app.auth.tokens import Claims, UserType
from app.http import bodies, idempotency
from app.http.call import Call
from app.http.idempotency import Answer
from app.postgres import unstorable
from app.postgres.database import Connection
from app.problems import PROBLEM_TYPE, Problem
from app.services import Services
from app.shapes.base import Nothing
from app.sql import control_centre
from app.wire.address import is_loopback, network_of

JSON = "application/json"
REPEATED = 200
"""The status of a repeat, instead of 201."""
METHODS = ("get", "post", "put", "patch", "delete")


class RateRule(NamedTuple):
    """A limit on a route: `setting` names the rate in the settings, `by` says for whom requests are counted.

    `by` is "address" (the client's, or its IPv6 network), "user", or a field of the body, whose value is counted.
    """

    setting: str
    by: str


Guard = Callable[[Call], None]


class Permission(NamedTuple):
    """What an operator's role must allow."""

    resource: str
    action: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one route, as data."""

    name: str
    summary: str
    description: str
    allow: frozenset[UserType]
    token: Literal["none", "optional", "required"]
    needs: Permission | None
    rates: tuple[RateRule, ...]
    idempotent: bool
    calls_provider: bool
    guard: Guard | None
    forgiving: bool
    etag: bool
    status: int
    repeatable: bool
    refuses: tuple[str, ...]
    body: type[msgspec.Struct] | None
    query: type[msgspec.Struct]
    reply: type[msgspec.Struct] | None
    path: Mapping[str, type]

    @property
    def is_audited(self) -> bool:
        """Whether it goes into the audit log: every write of the control centre does."""
        return self.needs is not None and self.body is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """Every problem code that this operation can answer with, except INTERNAL_ERROR."""
        codes = [*self.refuses, "VALIDATION_ERROR", "SERVICE_UNAVAILABLE"]
        if self.token != "none":  # noqa: S105  # not a secret
            codes += ["UNAUTHENTICATED"]
        if self.allow or self.needs:
            codes += ["FORBIDDEN"]
        if self.body is not None:
            codes += ["PAYLOAD_TOO_LARGE"]
        if self.path:
            codes += ["NOT_FOUND"]
        if self.rates:
            codes += ["RATE_LIMITED"]
        if self.idempotent:
            codes += ["IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"]
        return tuple(sorted(set(codes)))


class Resource:
    """A route's responders, each decorated with `@operation`."""

    def __init__(self, services: Services) -> None:
        self.services = services

    @classmethod
    def operations(cls) -> dict[str, Operation]:
        """The operations, by HTTP method in lower case."""
        responders = {method: getattr(cls, f"on_{method}", None) for method in METHODS}
        return {method: responder.operation for method, responder in responders.items() if responder is not None}


Routes = Mapping[str, type[Resource]]
Responder = Callable[..., Awaitable[Any]]


def operation(
    *,
    name: str | None = None,
    allow: UserType | tuple[UserType, ...] = (),
    optional_token: bool = False,
    needs: Permission | None = None,
    rates: tuple[RateRule, ...] = (),
    idempotent: bool = False,
    calls_provider: bool = False,
    guard: Guard | None = None,
    forgiving: bool = False,
    etag: bool = False,
    status: int | None = None,
    repeatable: bool = False,
    refuses: tuple[str, ...] = (),
) -> Callable[[Responder], Responder]:
    """Carry a request to the decorated responder, and its reply back.

    `name` is the operationId, from which clients are generated, so a class that is renamed keeps it here; without it,
    the operationId is made of the class and the method.

    `allow` names the user types that may ask (none: everybody, without a token). `optional_token` reads a token when
    a request has one. `needs` is checked against the operator's role. `guard` refuses before the body is read.

    `status` is the status of success (200, or 204 without a reply). A `repeatable` operation answers 200, without an
    Idempotency-Key, when it was done before. An operation that `calls_provider` goes to the payment provider between
    functions of the database, so it is not one transaction. A `forgiving` operation replaces characters of its body
    that PostgreSQL can't store.
    """

    def decorate(responder: Responder) -> Responder:
        described = _describe(
            responder,
            name=name,
            allow=frozenset((allow,) if isinstance(allow, str) else allow),
            token="required" if allow else "optional" if optional_token else "none",
            needs=needs,
            rates=rates,
            idempotent=idempotent,
            calls_provider=calls_provider,
            guard=guard,
            forgiving=forgiving,
            etag=etag,
            status=status,
            repeatable=repeatable,
            refuses=refuses,
        )

        @functools.wraps(responder)
        async def carry(resource: Resource, req: Request, resp: Response, **path: Any) -> None:
            await _carry(described, responder, resource, req, resp, path)

        carry.operation = described  # type: ignore[attr-defined]
        return carry

    return decorate


def _describe(responder: Responder, *, name: str | None, status: int | None, **facts: Any) -> Operation:
    _, of_call, *given = inspect.signature(responder).parameters
    hints = get_type_hints(responder)
    assert hints[of_call] is Call, "a responder takes the call, then the values of its path, query and body"
    reply = hints["return"]
    hints = {name: hints[name] for name in given}
    takes_body = responder.__name__ in ("on_post", "on_put", "on_patch")
    body = hints.pop("body", Nothing if takes_body else None)
    query = hints.pop("query", Nothing)
    summary, _, description = inspect.cleandoc(responder.__doc__ or "").partition("\n")
    return Operation(
        name=name or responder.__qualname__.replace(".on_", "_"),
        summary=summary.rstrip("."),
        description=description.strip(),
        status=status or (204 if reply is NoneType else 200),
        body=body,
        query=query,
        reply=None if reply is NoneType else reply,
        path=hints,  # what is left
        **facts,
    )


async def _carry(
    described: Operation, responder: Responder, resource: Resource, req: Request, resp: Response, path: dict[str, Any]
) -> None:
    services = resource.services
    call = Call(req, resp, services, _authenticate(described, services, req))
    if described.guard is not None:
        described.guard(call)
    await _limit(described, call, None)
    if described.needs is not None:
        await call.sql(
            control_centre.require_permission,
            cc_user_id=call.user.sub,
            resource=described.needs.resource,
            action=described.needs.action,
        )
    if described.body is not None:
        call.raw = await bodies.read(req)
    is_one_transaction = not (described.calls_provider and services.xendit is not None)
    call.is_audited = described.is_audited

    async def effect(conn: Connection | None) -> Answer:
        call.conn = conn
        if described.is_audited and conn is not None:
            await control_centre.name_request(conn, request_id=call.request_id)
        given = dict(path)
        if described.query is not Nothing or req.query_string:
            query = bodies.convert(req.params, described.query)
            if described.query is not Nothing:
                given["query"] = query
        if described.body is not None and (call.raw or described.body is not Nothing):
            raw = unstorable.replaced(call.raw) if described.forgiving else call.raw
            body = bodies.decode(raw, described.body)
            await _limit(described, call, body)
            if described.body is not Nothing:
                given["body"] = body
        reply = await responder(resource, call, **given)
        status = REPEATED if call.is_repeat else described.status
        return Answer(status, b"" if reply is None else msgspec.json.encode(reply))

    key = idempotency.read_key(req.get_header(idempotency.HEADER)) if described.idempotent else None
    scope = None if key is None else idempotency.Scope.of(call.user.user, req.method, req.path, key, call.raw)
    if scope is None:
        as_one = described.is_audited and is_one_transaction
        answer = await (services.db.call(_as_one, effect) if as_one else effect(None))
    elif is_one_transaction:
        answer = await services.db.call(idempotency.once, scope=scope, request_id=call.request_id, effect=effect)
    else:
        answer = await idempotency.leased(services.db, scope=scope, request_id=call.request_id, effect=effect)
    _send(described, req, resp, answer)


def _authenticate(described: Operation, services: Services, req: Request) -> Claims | None:
    if described.token == "none":  # noqa: S105  # not a secret
        return None
    header = req.get_header("Authorization")
    if header is None and described.token == "optional":  # noqa: S105  # not a secret
        return None
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("UNAUTHENTICATED", hint="Send the header Authorization: Bearer <access token>.")
    claims = services.tokens.read(token)
    req.context.user = claims.user
    if described.allow and claims.typ not in described.allow:
        raise Problem("FORBIDDEN", f"A {claims.typ} may not do this.")
    return claims


async def _limit(described: Operation, call: Call, body: msgspec.Struct | None) -> None:
    """Count the request: by address or user before the body is read, by a field of the body afterwards."""
    for setting, by in described.rates:
        if (by in ("address", "user")) is not (body is None):
            continue
        settings = call.services.settings
        if not settings.is_production and is_loopback(call.address):
            continue
        match by:
            case "address":
                counted = network_of(call.address)
            case "user":
                counted = call.user.user
            case field:
                counted = str(getattr(body, field)).lower()
        await call.services.limits.hit(setting, getattr(settings, setting), counted)


def _send(described: Operation, req: Request, resp: Response, answer: Answer) -> None:
    resp.status = answer.status
    if answer.is_replay:
        resp.set_header("Idempotent-Replayed", "true")
    if not answer.body:
        return
    if described.etag:
        tag = hashlib.blake2b(answer.body, digest_size=12).hexdigest()
        resp.etag = tag
        if any(held in ("*", tag) for held in req.if_none_match or ()):
            resp.status = 304
            return
    resp.data = answer.body
    resp.content_type = JSON if answer.status < 400 else PROBLEM_TYPE


async def _as_one(conn: Connection, effect: Callable[[Connection], Awaitable[Answer]]) -> Answer:
    async with conn.transaction():
        return await effect(conn)
