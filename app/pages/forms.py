"""Forms: their fields as the body of an operation."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import msgspec
from falcon.asgi import Request

from app.http import bodies
from app.problems import Problem
from app.runtime import instant as instants

Form = Mapping[str, list[str]]

HOME_ZONE = "Asia/Jakarta"
"""The time zone of whom has chosen none."""
MAX_FIELDS = 500
_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
OWN_FIELDS = {"act", "csrf", "key", "version"}
"""What a form holds for the page itself; all other fields are the body of the operation."""


async def read_form(req: Request) -> dict[str, list[str]]:
    """The fields of a form."""
    raw = await bodies.read(req)
    try:
        return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem("BAD_REQUEST", "This is not what a form sends.") from None


def body_of(form: Form, shape: type[msgspec.Struct], zone: str) -> dict[str, Any]:
    """A form's fields as the JSON body of this shape; what was left blank is left out, where it may be.

    Times without an offset are of `zone`.
    """
    hints = get_type_hints(shape)
    required = {field.encode_name for field in msgspec.structs.fields(shape) if field.required}
    body: dict[str, Any] = {}
    for name, values in form.items():
        if name in OWN_FIELDS or (values == [""] and name not in required):
            continue
        body[name] = _value(values, hints.get(name), zone)
    for name, hint in hints.items():
        if bool in kinds_of(hint) and name in required:
            body.setdefault(name, False)  # an unticked box is not sent
    return body


def _value(values: list[str], hint: Any, zone: str) -> Any:
    kinds = kinds_of(hint)
    if list in kinds:
        return values
    [value] = values[-1:]
    if bool in kinds and value in ("true", "false", "on"):
        return value != "false"
    if int in kinds:
        return whole(value)
    return in_zone(value, zone) if datetime in kinds else value


def whole(text: str) -> int | str:
    """A whole number, its thousands perhaps grouped by points or by commas; what is none is left to be refused."""
    text = text.strip()
    digits = re.sub("[.,]", "", text)
    return int(digits) if _WHOLE.fullmatch(text) and len(digits) < 20 else text


def in_zone(value: str, zone: str) -> str:
    """A time as a browser's field has it, without an offset, as an instant; what is no such time stays as it is."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)).isoformat()


def typed(value: Any, kind: Any) -> Any:
    """A value of an address or a form as the operation's path has it."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        raise Problem("NOT_FOUND") from None


def shareable(value: str, zone: str) -> str:
    """A filter as everybody may read it: a time of a field, which is of `zone`, as an instant."""
    moment = in_zone(value, zone) if _LOCAL.fullmatch(value) else value
    return value if moment == value else instants.spell(datetime.fromisoformat(moment))


def kinds_of(hint: Any) -> set[Any]:
    """The plain types that an annotation allows."""
    if isinstance(hint, UnionType) or type(None) in get_args(hint):
        return {kind for part in get_args(hint) for kind in kinds_of(part)}
    if get_origin(hint) is Annotated:
        return kinds_of(get_args(hint)[0])
    return {get_origin(hint) or hint}
