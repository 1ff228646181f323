"""`@operation`: all that holds for one method of one route, in one place.

From it come the checks that a request passes before its responder runs, and its part of the OpenAPI document. Body,
query and reply are taken from the responder's signature:

    @operation(allow="mitra", refuses=("OFFER_TAKEN",), idempotent=True)
    async def on_post(self, call: Call, offer_id: UUID) -> Session: ...
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType
from typing import Any, get_type_hints

import msgspec
from falcon.asgi import Request, Response

from app.auth.tokens import UserType
from app.http.call import Call
from app.http.carrying import carry
from app.http.operation import METHODS, Guard, Operation, Permission, RateRule
from app.services import Services
from app.shapes.base import Nothing, Reasoned


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
    stepwise: bool = False,
    guard: Guard | None = None,
    forgiving: bool = False,
    etag: bool = False,
    versioned: bool = False,
    status: int | None = None,
    repeatable: bool = False,
    refuses: tuple[str, ...] = (),
    event: type[msgspec.Struct] | None = None,
) -> Callable[[Responder], Responder]:
    """Carry a request to the decorated responder, and its reply back.

    `name` is the operationId, from which clients are generated, so a class that is renamed keeps it here; without it,
    the operationId is made of the class and the method.

    `allow` names the user types that may ask (none: everybody, without a token). `optional_token` reads a token when
    a request has one. `needs` is checked against the operator's role. `guard` refuses before the body is read. What
    operators alone change has a `Reasoned` body, also where the responder takes none.

    `status` is the status of success (200, or 204 without a reply). A `repeatable` operation answers 200, without an
    Idempotency-Key, when it was done before. An operation that `calls_provider` goes to the payment provider between
    functions of the database, so it is not one transaction; nor is a `stepwise` operation: what it wrote before its
    refusal stays. A `forgiving` operation replaces characters of its body that PostgreSQL can't store. A `versioned`
    operation changes what was read: its request names the version by If-Match, which is `call.version`. An operation
    with an `event` answers with a stream of those, which its responder sets (`call.resp.sse`).
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
            stepwise=stepwise,
            guard=guard,
            forgiving=forgiving,
            etag=etag,
            versioned=versioned,
            status=status,
            repeatable=repeatable,
            refuses=refuses,
            event=event,
        )

        @functools.wraps(responder)
        async def answer(resource: Resource, req: Request, resp: Response, **path: Any) -> None:
            await carry(described, functools.partial(responder, resource), resource.services, req, resp, path)

        answer.operation = described  # type: ignore[attr-defined]
        answer.responder = responder  # type: ignore[attr-defined]
        return answer

    return decorate


def _describe(
    responder: Responder, *, name: str | None, status: int | None, allow: frozenset[UserType], **facts: Any
) -> Operation:
    _, of_call, *given = inspect.signature(responder).parameters
    hints = get_type_hints(responder)
    assert hints[of_call] is Call, "a responder takes the call, then the values of its path, query and body"
    reply = hints["return"]
    hints = {parameter: hints[parameter] for parameter in given}
    least = Reasoned if allow == {"cc"} else Nothing
    body = hints.pop("body", None if responder.__name__ == "on_get" else least)
    query = hints.pop("query", Nothing)
    summary, _, description = inspect.cleandoc(responder.__doc__ or "").partition("\n")
    return Operation(
        name=name or responder.__qualname__.replace(".on_", "_"),
        summary=summary.rstrip("."),
        description=description.strip(),
        status=status or (204 if reply is NoneType else 200),
        allow=allow,
        body=body,
        query=query,
        reply=None if reply is NoneType else reply,
        path=hints,  # what is left
        **facts,
    )
