"""Request bodies and query strings: read up to a limit, decoded strictly, refused with the name of the wrong field."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec
from falcon.asgi import Request

from app.postgres import unstorable
from app.problems import Problem
from app.shapes import phones

MAX_BODY_BYTES = 64 * 1024

_NAMED_FIELD = re.compile(r"(?:unknown|required) field `(.*?)`(?: - at `|$)", re.DOTALL)
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
_LONGEST_FIELD = 100

Shape = TypeVar("Shape", bound=msgspec.Struct)


async def read(req: Request) -> bytes:
    """Read the whole body; refuses with `PAYLOAD_TOO_LARGE` as soon as it proves larger than 64 KiB."""
    length = req.content_length
    if not length and req.get_header("Transfer-Encoding") is None:
        return b""
    if length is not None and length > MAX_BODY_BYTES:
        raise Problem("PAYLOAD_TOO_LARGE")
    body = bytearray()
    async for chunk in req.stream:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem("PAYLOAD_TOO_LARGE")
    return bytes(body)


def decode(body: bytes, shape: type[Shape]) -> Shape:
    """Read a JSON body as `shape`; refuses anything else with `VALIDATION_ERROR`. No body at all counts as `{}`."""
    try:
        decoded: Shape = _decoder(shape).decode(body or b"{}")
    except msgspec.ValidationError as error:
        raise _refused(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem("VALIDATION_ERROR", "The body is not JSON.") from None
    except RecursionError:
        raise Problem("VALIDATION_ERROR", "The body is nested too deeply.") from None
    if b"\\u0000" in body:
        unstorable.refuse(decoded)
    return decoded


def convert(params: Mapping[str, str | list[str]], shape: type[Shape]) -> Shape:
    """Read a query string as `shape`; refuses unknown, repeated and unreadable parameters with `VALIDATION_ERROR`."""
    unstorable.refuse(params)
    for name in _times_of(shape) & params.keys():
        if _NUMBER.fullmatch(str(params[name])):  # which msgspec would take for seconds since 1970
            raise Problem("VALIDATION_ERROR", f"{name} is a time such as 2026-11-29T05:26:19Z.", field=name)
    try:
        return msgspec.convert(params, shape, strict=False, dec_hook=phones.read)
    except msgspec.ValidationError as error:
        raise _refused(error) from None


@cache
def _times_of(shape: type[msgspec.Struct]) -> frozenset[str]:
    """The parameters of a query that are times."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(shape) if _is_time(field.type))


def _is_time(kind: Any) -> bool:
    return kind is datetime or any(_is_time(part) for part in get_args(kind))


@cache
def _decoder(shape: type[Shape]) -> msgspec.json.Decoder[Shape]:
    return msgspec.json.Decoder(shape, dec_hook=phones.read)


def _refused(error: msgspec.ValidationError) -> Problem:
    message = str(error)
    path = _PATH.search(message)
    named = _NAMED_FIELD.search(message)
    parts: list[Any] = [path and path[1], named and named[1]]
    field = ".".join(part for part in parts if part)[:_LONGEST_FIELD] or None
    return Problem("VALIDATION_ERROR", f"{_PATH.sub('', message)[:300]}.", field=field)
