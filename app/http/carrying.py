"""How an operation is performed, for a request of its route and for a page; how the request comes in, the reply out."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec
from falcon.asgi import Request, Response

from app.http import bodies, csv, idempotency, versions, web_sessions
from app.http.call import Call
from app.http.idempotency import Answer
from app.http.operation import JSON, REPEATED, Operation
from app.http.things import ids_of
from app.postgres import unstorable
from app.postgres.database import Connection
from app.problems import PROBLEM_TYPE, Problem, ProblemDetails
from app.services import Services
from app.shapes.base import Nothing, Reasoned
from app.sql import audit, control_centre
from app.wire.address import is_loopback, network_of

Responder = Callable[..., Awaitable[Any]]


class Asked(NamedTuple):
    """What an operation is asked. `body` gives the body as JSON; it is read only once the caller may ask at all.

    `method` and `path` are those of the operation's own route: an idempotency key is good for them. `version` is what
    If-Match says.
    """

    method: str
    path: str
    given: Mapping[str, Any]
    query: Mapping[str, str | list[str]]
    body: Callable[[], Awaitable[bytes]]
    key: str | None
    version: str | None


async def carry(
    described: Operation,
    responder: Responder,
    services: Services,
    req: Request,
    resp: Response,
    path: dict[str, Any],
) -> None:
    """Take a request to its operation, and send the reply."""
    call = Call(req, resp, services, None)
    if described.token != "none":  # noqa: S105  # not a secret
        await _authenticate(described, call)
    query = dict(req.params)
    as_csv = csv.is_asked(described, query)
    if described.body is None:
        bodies.decode(await bodies.read(req), Nothing)
    asked = Asked(
        method=req.method,
        path=req.path,
        given=path,
        query=query,
        body=partial(bodies.read, req),
        key=req.get_header(idempotency.HEADER) if described.idempotent else None,
        version=req.get_header(versions.HEADER) if described.versioned else None,
    )
    if as_csv:
        await _export(described, responder, call, asked)
    else:
        answer = await perform(described, responder, call, asked)
        if answer.status >= 400:  # a refusal that an idempotency key keeps
            req.context.refusal = msgspec.json.decode(answer.body, type=ProblemDetails).code
        _send(described, req, resp, answer)


async def _export(described: Operation, responder: Responder, call: Call, asked: Asked) -> None:
    async def page(query: csv.Query) -> Answer:
        async with call.services.reports.one(is_begun="cursor" in query):
            return await perform(described, responder, call, asked._replace(query=query))

    async def note(name: str, filters: csv.Query) -> None:
        call.is_audited = True
        await call.sql(
            audit.note_export, subject=name, filters=msgspec.json.encode(filters).decode(), actor_id=call.user.sub
        )

    await csv.export(described, call.req, call.resp, asked.query, page=page, note=note)


async def perform(described: Operation, responder: Responder, call: Call, asked: Asked) -> Answer:
    """Take a call through its operation's checks to the responder, and give the reply.

    Who asks is known already. First come the guard, rate limits by address and user, and the operator's login and
    permission. Then come the query, the body, rate limits by a field of the body, and the responder: in one transaction
    with the claim of an idempotency key, and for a write of the control centre, except when the payment provider is
    called.

    Raises the Problem of a refusal; a refusal that an idempotency key has kept is an answer, as is a success.
    """
    services = call.services
    if described.guard is not None:
        described.guard(call)
    if described.rates:
        await _limit(described, call, None)
    if call.only not in (None, described.needs):
        raise Problem("FORBIDDEN", "A display may only look at the figures.")
    if described.needs is not None:
        await call.sql(
            control_centre.require_permission,
            cc_user_id=call.user.sub,
            resource=described.needs.resource,
            action=described.needs.action,
            auth_session_id=call.user.sid,
        )
    elif described.allow == {"cc"}:
        await call.sql(control_centre.require_login, cc_user_id=call.user.sub, auth_session_id=call.user.sid)
    if described.body is not None:
        call.raw = await asked.body()
    is_one_transaction = not (described.stepwise or (described.calls_provider and services.xendit is not None))
    call.is_audited = described.is_audited
    if described.versioned:
        call.version = versions.read(asked.version)

    effect = partial(_effect, described, responder, call, asked)
    key = call.key = idempotency.read_key(asked.key) if described.idempotent else None
    scope = None if key is None else _scope(described, call, asked, key)
    if is_one_transaction and (scope is not None or described.is_audited):

        async def transaction(conn: Connection) -> Answer:
            if scope is not None:
                return await idempotency.once(conn, scope=scope, request_id=call.request_id, effect=effect)
            async with conn.transaction():
                return await effect(conn)

        transaction.__name__ = described.name  # the metric of database calls names the operation
        return await services.db.call(transaction)
    if scope is None:
        return await effect(None)
    return await idempotency.leased(services.db, scope=scope, request_id=call.request_id, effect=effect)


async def _effect(
    described: Operation, responder: Responder, call: Call, asked: Asked, conn: Connection | None
) -> Answer:
    """Take the query and the body to the responder, in the transaction of `conn` if there is one."""
    call.conn = conn
    given = dict(asked.given)
    if described.query is not Nothing or asked.query:
        query = bodies.convert(asked.query, described.query)
        if described.query is not Nothing:
            given["query"] = query
    if described.body is not None and (call.raw or described.body is not Nothing):
        raw = unstorable.replaced(call.raw) if described.forgiving else call.raw
        body = bodies.decode(raw, described.body)
        await _limit(described, call, body)
        if described.body not in (Nothing, Reasoned):
            given["body"] = body
        if isinstance(body, Reasoned):
            call.reason = body.reason
    if described.is_audited and conn is not None:
        await control_centre.name_request(conn, request_id=call.request_id, reason=call.reason)
    reply = await responder(call, **given)
    call.req.context.things |= ids_of(reply)
    status = REPEATED if call.is_repeat else described.status
    return Answer(status, b"" if reply is None else msgspec.json.encode(reply))


def _scope(described: Operation, call: Call, asked: Asked, key: str) -> idempotency.Scope:
    # A password must not lie anywhere in a hash that is quick to try.
    secret = call.services.settings.auth_jwt_secret.get_secret_value() if described.takes_password else None
    return idempotency.Scope.of(call.user.user, asked.method, asked.path, key, call.raw, secret)


async def _authenticate(described: Operation, call: Call) -> None:
    """Say who asks: by a token, or by a browser's cookie where nothing is changed."""
    header = call.req.get_header("Authorization")
    if header is None and described.token == "optional":  # noqa: S105  # not a secret
        return
    if header is None and call.services.knows_browsers and call.req.method in ("GET", "HEAD"):
        visitor = await web_sessions.find(call.services, call.req, is_use=False)
        if visitor is not None:
            visitor.enter(call)
            return
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem("UNAUTHENTICATED", hint="Send the header Authorization: Bearer <access token>.")
    call.claims = call.services.tokens.read(token)
    call.req.context.user = call.user.user
    if described.allow and call.user.typ not in described.allow:
        raise Problem("FORBIDDEN", f"A {call.user.typ} may not do this.")


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
        tag = content_tag(answer.body)
        resp.etag = tag
        if any(held in ("*", tag) for held in req.if_none_match or ()):
            resp.status = 304
            return
    if described.has_version and answer.status < 400:
        resp.etag = versions.tag(answer.body)
    resp.data = answer.body
    resp.content_type = JSON if answer.status < 400 else PROBLEM_TYPE


def content_tag(body: bytes) -> str:
    """The ETag of a reply that is known by its content, without its quotes."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()
