"""The OpenAPI 3.1 document, made from routes, operations and shapes, so that it always says what the code does."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from uuid import UUID

import msgspec

from app.http import csv, versions
from app.http.idempotency import HEADER
from app.http.operation import EVENTS, JSON, REPEATED, Operation
from app.http.resource import Routes
from app.http.vocabulary import WORDS, word_of
from app.http.word import Word
from app.problems import CODES, PROBLEM_TYPE, ProblemDetails
from app.shapes import phones
from app.shapes.base import Nothing

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_PATH_TYPES: Mapping[type, Schema] = {UUID: {"type": "string", "format": "uuid"}, str: {"type": "string"}}


@cache
def documented_path(template: str) -> str:
    """Write a Falcon route as OpenAPI does: `{offer_id:uuid}` becomes `{offer_id}`."""
    return re.sub(r":\w+}", "}", template)


def document(title: str, routes: Routes) -> Schema:
    """Describe an app: every operation of its routes with its body, reply and problem codes."""
    used = [kind for operation in _operations(routes) for kind in (operation.body, operation.reply, operation.event)]
    kinds = [*dict.fromkeys(kind for kind in [*used, ProblemDetails] if kind not in (None, Nothing))]
    references, components = msgspec.json.schema_components(kinds, schema_hook=phones.describe, ref_template=_REF)
    reference = dict(zip(kinds, references, strict=True))
    for name, schema in components.items():
        _explain(name, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("halobestie"), "description": _INTRODUCTION},
        "tags": [{"name": tag} for tag in dict.fromkeys(map(_tag, routes))],
        "paths": {
            documented_path(template): {
                method: _operation(method, operation, template, reference, components)
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
    "Times are UTC with six digits of a second, ids are UUIDs, money is whole rupiah. Refusals are "
    "application/problem+json; programs read `code`. Unknown fields are refused. Send X-Request-ID to find a request "
    "again in the logs."
)


def _operations(routes: Routes) -> Iterator[Operation]:
    for resource in routes.values():
        yield from resource.operations().values()


def _tag(template: str) -> str:
    return template.split("/")[2] if template.count("/") > 1 else "health"


def _explain(shape: str, schema: Schema) -> None:
    """Add to each field what it means, where its type does not say so."""
    for name, field in schema.get("properties", {}).items():
        field.setdefault("description", word_of(shape, name).meaning)


def _operation(
    method: str, operation: Operation, template: str, reference: Mapping[type, Schema], components: Mapping[str, Schema]
) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "tags": [_tag(template)],
        "summary": operation.summary,
        "responses": _responses(operation, reference, components),
    }
    if parameters := [*_parameters(operation)]:
        described["parameters"] = parameters
    if operation.body is not None and operation.body is not Nothing:
        needed = any(field.required for field in msgspec.structs.fields(operation.body))
        example = example_of(reference[operation.body], components)
        content = {JSON: {"schema": reference[operation.body], "example": example}}
        described["requestBody"] = {"required": needed, "content": content}
    if operation.allow:
        described["security"] = [{"bearer": []}]
        described["x-allow"] = sorted(operation.allow)
    elif operation.token == "optional":  # noqa: S105  # not a secret
        described["security"] = [{}, {"bearer": []}]
    elif operation.guard is not None:
        described["security"] = [{"callback": []}]
    if operation.needs is not None:
        described["x-permission"] = f"{operation.needs.resource}:{operation.needs.action}"
    described["description"] = f"{operation.description}\n\n{_curl(method, template, described)}".lstrip()
    return described


def _curl(method: str, template: str, described: Schema) -> str:
    """The operation as a command for a shell, in which `$API` is the app's address and `$TOKEN` an access token."""
    path = re.sub(r"\{(\w+)\}", lambda name: str(WORDS[name[1]].example), documented_path(template))
    has_post_body = method == "post" and "requestBody" in described
    words = ["curl"] if method == "get" or has_post_body else ["curl", "-X", method.upper()]
    words.append(f'"$API{path}"')
    if {"bearer": []} in described.get("security", []):
        words.append('-H "Authorization: Bearer $TOKEN"')
    if "requestBody" in described:
        body = msgspec.json.encode(described["requestBody"]["content"][JSON]["example"]).decode()
        words.append(f"-H 'Content-Type: {JSON}' -d '{body}'")
    return f"```sh\n{' '.join(words)}\n```"


def example_of(schema: Schema, components: Mapping[str, Schema], word: Word | None = None) -> Any:
    """A value that the schema allows: the example of its word, if the word has one."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[1]], components, word)
    for choice in ("allOf", "anyOf"):
        if choice in schema:
            return example_of(schema[choice][0], components, word)
    if "properties" in schema:
        return {
            name: example_of(field, components, word_of(schema["title"], name))
            for name, field in schema["properties"].items()
        }
    for single in ("const", "default"):
        if schema.get(single) is not None:
            return schema[single]
    for several in ("enum", "examples"):
        if several in schema:
            return schema[several][0]
    if schema.get("type") == "array":
        return [example_of(schema["items"], components, word)]
    return word.example if word is not None else None


def _parameters(operation: Operation) -> Iterator[Schema]:
    for name, kind in operation.path.items():
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": WORDS[name].meaning,
            "schema": _PATH_TYPES[kind],
        }
    fields = msgspec.json.schema(operation.query, schema_hook=phones.describe)["$defs"][operation.query.__name__]
    for name, schema in fields["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in fields["required"],
            "description": word_of(operation.query.__name__, name).meaning,
            "schema": schema,
        }
    if operation.is_list:
        yield {
            "name": csv.FORMAT,
            "in": "query",
            "required": False,
            "description": "csv gives everything that the filters let through, however many pages; it is audited.",
            "schema": {"type": "string", "enum": ["json", "csv"], "default": "json"},
        }
    if operation.idempotent:
        yield {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "The same key and body give the same reply for 24 hours, and have one effect.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }
    if operation.versioned:
        yield {
            "name": versions.HEADER,
            "in": "header",
            "required": True,
            "description": "The version that was read, as the ETag of the reply had it.",
            "schema": {"type": "string", "examples": ['"3"']},
        }


def _server_sent(event: Schema) -> Schema:
    """The schema of a server-sent event whose data are this, as JSON."""
    data = {
        "type": "string",
        "description": "The event, as JSON.",
        "contentMediaType": JSON,
        "contentSchema": event,
    }
    about = {"type": "string", "description": "Names the event; the newest is sent again as Last-Event-ID."}
    return {"type": "object", "required": ["data"], "properties": {"id": about, "data": data}}


def _responses(operation: Operation, reference: Mapping[type, Schema], components: Mapping[str, Schema]) -> Schema:
    success: Schema = {"description": HTTPStatus(operation.status).phrase}
    if operation.reply is not None:
        schema = reference[operation.reply]
        success["content"] = {JSON: {"schema": schema, "example": example_of(schema, components)}}
        if operation.is_list:
            success["content"][csv.CSV] = {"schema": {"type": "string"}}
    responses: Schema = {str(operation.status): success}
    if operation.event is not None:
        success["content"] = {EVENTS: {"schema": _server_sent(reference[operation.event])}}
    if operation.repeatable:
        responses[str(REPEATED)] = {**success, "description": "It was done before; the same reply"}
    if operation.etag:
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": "What If-None-Match names is still current"}
    if operation.has_version:
        success["headers"] = {"ETag": {"description": "The version, quoted.", "schema": {"type": "string"}}}
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
        "description": " · ".join(f"[`{code}`](/docs/errors#{code}): {CODES[code].detail}" for code in codes)
        or "A fault on our side",
        "content": {PROBLEM_TYPE: {"schema": schema}},
    }
    if has_retry_after:
        problem["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    return problem
