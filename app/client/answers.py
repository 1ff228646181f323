"""What the server's answers mean to an app: done, refused, unknown, or signed out."""

from typing import Any

import httpx
import msgspec
from msgspec import Struct

from app.problems import CODES


class Refused(Exception):  # noqa: N818  # an answer, not an error
    """The server said no, with a problem's status and code."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class Unknown(Exception):  # noqa: N818  # neither done nor refused
    """No answer came: whether it was done is not known. Asking again with the same key is safe."""


class SignedOut(Exception):  # noqa: N818  # a state, not an error
    """The login has ended; only a new login helps."""


class Sent(Struct):
    """A message that is committed."""

    session_id: str
    client_message_id: str
    seq: int
    created_at: str


class _Problem(Struct):
    code: str
    detail: str = ""


def read_reply(response: httpx.Response) -> Any:
    """The JSON of a reply, None when it has none. Raises Refused; Unknown for 429 and 5xx."""
    if response.is_success:
        return msgspec.json.decode(response.content) if response.content else None
    if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise Unknown(f"{response.request.url.path}: {response.status_code}")
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem("UNREADABLE")
    raise Refused(response.status_code, problem.code, problem.detail)


def read_error(frame: dict[str, Any]) -> Refused | Unknown:
    """What an `error` frame means: Unknown where the server could not decide, for then the app can ask again."""
    if frame["code"] in ("RATE_LIMITED", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"):
        return Unknown(f"{frame['code']}: {frame['detail']}")
    return Refused(CODES[frame["code"]].status if frame["code"] in CODES else 0, frame["code"], frame["detail"])
