"""Forms: their fields as the body of an operation."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs

import msgspec
from falcon.asgi import Request

from app.http import bodies
from app.problems import Problem

Form = Mapping[str, list[str]]

MAX_FIELDS = 500
_OWN_FIELDS = {"act", "csrf", "key", "version"}
"""What a form holds for the page itself; all other fields are the body of the operation."""


async def read_form(req: Request) -> dict[str, list[str]]:
    """The fields of a form."""
    raw = await bodies.read(req)
    try:
        return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem("BAD_REQUEST", "This is not what a form sends.") from None


def body_of(form: Form, shape: type[msgspec.Struct]) -> dict[str, Any]:
    """A form's fields as the JSON body of this shape; what was left blank is left out, where it may be."""
    hints = get_type_hints(shape)
    required = {field.encode_name for field in msgspec.structs.fields(shape) if field.required}
    body: dict[str, Any] = {}
    for name, values in form.items():
        if name in _OWN_FIELDS or (values == [""] and name not in required):
            continue
        body[name] = _value(values, hints.get(name))
    for name, hint in hints.items():
        if bool in _kinds(hint) and name in required:
            body.setdefault(name, False)  # an unticked box is not sent
    return body


def _value(values: list[str], hint: Any) -> Any:
    kinds = _kinds(hint)
    if list in kinds:
        return values
    [value] = values[-1:]
    if bool in kinds and value in ("true", "false", "on"):
        return value != "false"
    if int in kinds:
        digits = value.replace(".", "").replace(",", "").strip()  # as people group thousands
        return int(digits) if digits.lstrip("-").isdecimal() and len(digits) < 20 else value
    return value


def typed(value: Any, kind: Any) -> Any:
    """A value of an address or a form as the operation's path has it."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        raise Problem("NOT_FOUND") from None


def _kinds(hint: Any) -> set[Any]:
    """The plain types that an annotation allows."""
    if isinstance(hint, UnionType) or type(None) in get_args(hint):
        return {kind for part in get_args(hint) for kind in _kinds(part)}
    return {get_origin(hint) or hint}
