"""The OpenAPI 3.1 document, made from the routes, their operations and the shapes, so that it can't drift from them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from uuid import UUID

import msgspec

from app import shapes
from app.http.idempotency import HEADER
from app.http.operation import JSON, REPEATED, Operation, Routes
from app.problems import CODES, PROBLEM_TYPE, ProblemDetails

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_PATH_TYPES: Mapping[type, Schema] = {UUID: {"type": "string", "format": "uuid"}, str: {"type": "string"}}


@cache
def documented_path(template: str) -> str:
    """Write a Falcon route as OpenAPI does: `{offer_id:uuid}` becomes `{offer_id}`."""
    return re.sub(r":\w+}", "}", template)


def document(title: str, routes: Routes) -> Schema:
    """Describe an app: every operation of its routes with its body, reply and problem codes."""
    used = [kind for operation in _operations(routes) for kind in (operation.body, operation.reply)]
    kinds = [*dict.fromkeys(kind for kind in [*used, ProblemDetails] if kind not in (None, shapes.Nothing))]
    references, components = msgspec.json.schema_components(kinds, schema_hook=shapes.describe, ref_template=_REF)
    reference = dict(zip(kinds, references, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("halobestie"), "description": _INTRODUCTION},
        "paths": {
            documented_path(template): {
                method: _operation(operation, template, reference)
                for method, operation in resource.operations().items()
            }
            for template, resource in routes.items()
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "callback": {"type": "apiKey", "in": "header", "name": "x-callback-token"},
            },
        },
    }


_INTRODUCTION = (
    "Times are RFC 3339 in UTC, ids are UUIDs, money is whole rupiah. Refusals are application/problem+json; "
    "programs read `code`. Unknown fields are refused. Send X-Request-ID to find a request again in the logs."
)


def _operations(routes: Routes) -> Iterator[Operation]:
    for resource in routes.values():
        yield from resource.operations().values()


def _operation(operation: Operation, template: str, reference: Mapping[type, Schema]) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "tags": [template.split("/")[2] if template.count("/") > 1 else "health"],
        "summary": operation.summary,
        "responses": _responses(operation, reference),
    }
    if operation.description:
        described["description"] = operation.description
    if parameters := [*_parameters(operation)]:
        described["parameters"] = parameters
    if operation.body is not None and operation.body is not shapes.Nothing:
        needed = any(field.required for field in msgspec.structs.fields(operation.body))
        described["requestBody"] = {"required": needed, "content": {JSON: {"schema": reference[operation.body]}}}
    if operation.allow:
        described["security"] = [{"bearer": []}]
        described["x-allow"] = sorted(operation.allow)
    elif operation.token == "optional":  # noqa: S105  # not a secret
        described["security"] = [{}, {"bearer": []}]
    elif operation.guard is not None:
        described["security"] = [{"callback": []}]
    if operation.needs is not None:
        described["x-permission"] = f"{operation.needs.resource}:{operation.needs.action}"
    return described


def _parameters(operation: Operation) -> Iterator[Schema]:
    for name, kind in operation.path.items():
        yield {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[kind]}
    fields = msgspec.json.schema(operation.query, schema_hook=shapes.describe)["$defs"][operation.query.__name__]
    for name, schema in fields["properties"].items():
        yield {"name": name, "in": "query", "required": name in fields["required"], "schema": schema}
    if operation.idempotent:
        yield {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "The same key and body give the same reply for 24 hours, and have one effect.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def _responses(operation: Operation, reference: Mapping[type, Schema]) -> Schema:
    success: Schema = {"description": HTTPStatus(operation.status).phrase}
    if operation.reply is not None:
        success["content"] = {JSON: {"schema": reference[operation.reply]}}
    responses: Schema = {str(operation.status): success}
    if operation.repeatable:
        responses[str(REPEATED)] = {**success, "description": "It was done before; the same reply"}
    if operation.etag:
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": "What If-None-Match names is still current"}
    by_status: dict[int, list[str]] = {}
    for code in operation.codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = _problem(codes, has_retry_after=status in (429, 503), reference=reference)
    responses["default"] = _problem([], has_retry_after=False, reference=reference)
    return responses


def _problem(codes: list[str], *, has_retry_after: bool, reference: Mapping[type, Schema]) -> Schema:
    schema: Schema = reference[ProblemDetails]
    if codes:
        schema = {"allOf": [schema, {"properties": {"code": {"enum": codes}}}]}
    problem: Schema = {
        "description": " · ".join(f"`{code}`: {CODES[code].detail}" for code in codes) or "A fault on our side",
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }
    if has_retry_after:
        problem["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    return problem
