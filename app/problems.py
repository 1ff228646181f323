"""The one place that turns a refusal or a fault into an RFC 9457 problem.

The database refuses with SQLSTATE `PT<status>`, MESSAGE = code, DETAIL, HINT, COLUMN = field, and CONSTRAINT = the
package to use instead; the app's own refusals raise `Problem`. HTTP answers, WebSocket error frames and the OpenAPI
document all read this table.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

import falcon
import msgspec
import psycopg

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class Code(NamedTuple):
    """A problem code: its HTTP status, and a sentence that is used when there is no more exact one."""

    status: int
    detail: str


# core.refusals() lists the codes that functions of the database raise, too; a test compares the two lists.
CODES: Mapping[str, Code] = {
    "BAD_REQUEST": Code(400, "The request could not be read."),
    "FIRST_SESSION_DISCOUNT_NOT_ALLOWED": Code(400, "The first-session price is never for an extension."),
    "UNAUTHENTICATED": Code(401, "A valid access token is needed."),
    "OTP_INVALID": Code(401, "The code is wrong or has expired."),
    "FORBIDDEN": Code(403, "This is not yours to do."),
    "MITRA_DEACTIVATED": Code(403, "The mitra is deactivated."),
    "NOT_FOUND": Code(404, "There is nothing here by that name."),
    "METHOD_NOT_ALLOWED": Code(405, "This address does not answer that method."),
    "REQUEST_TIMEOUT": Code(408, "The request did not arrive in time."),
    "CONFLICT": Code(409, "The request collides with something that exists already."),
    "INVALID_STATE": Code(409, "The state it is in does not allow this."),
    "SESSION_ALREADY_OPEN": Code(409, "The customer has an open session."),
    "SESSION_NOT_ACTIVE": Code(409, "The session is not running."),
    "SESSION_PAUSED": Code(409, "The session waits for the answer to an extension."),
    "MESSAGE_ID_REUSED": Code(409, "The client_message_id was used before for another message."),
    "SECOND_USER_REQUIRED": Code(409, "Two users are needed, each of them active: one asks, another one confirms."),
    "EXTENSION_RESOLVED": Code(409, "The extension is answered already, or was never asked for."),
    "NO_MITRA_AVAILABLE": Code(409, "Nobody could answer right now, so no money is asked for."),
    "NOT_ONLINE": Code(409, "The mitra is not online."),
    "CAPACITY_FULL": Code(409, "The mitra has no free slot."),
    "OFFER_TAKEN": Code(409, "Another mitra accepted first."),
    "OFFER_EXPIRED": Code(409, "The offer's time is over."),
    "OFFER_GONE": Code(409, "The offer was withdrawn, or declined by this mitra."),
    "PACKAGE_REPLACED": Code(409, "A newer package stands for this one."),
    "IDEMPOTENCY_IN_PROGRESS": Code(409, "A request with this key is still being worked on."),
    "VERSION_MISMATCH": Code(412, "It was changed since it was read."),
    "PAYLOAD_TOO_LARGE": Code(413, "The body is larger than 64 KiB."),
    "URI_TOO_LONG": Code(414, "The request line is longer than 8,000 bytes."),
    "EXPECTATION_FAILED": Code(417, "The server meets no expectation but 100-continue."),
    "VALIDATION_ERROR": Code(422, "A value is missing, unknown, malformed or out of range."),
    "IDEMPOTENCY_KEY_REUSED": Code(422, "This key was used before with another body."),
    "VERSION_REQUIRED": Code(428, "The header If-Match must name the version that was read."),
    "RATE_LIMITED": Code(429, "That was asked too often."),
    "HEADERS_TOO_LARGE": Code(431, "The header fields are too many, or one or all of them too large."),
    "INTERNAL_ERROR": Code(500, "Something went wrong on our side."),
    "NOT_IMPLEMENTED": Code(501, "The server knows no such method."),
    "PAYMENT_PROVIDER_UNAVAILABLE": Code(502, "The payment provider could not be asked, so nothing was begun."),
    "SERVICE_UNAVAILABLE": Code(503, "The service is not available for the moment."),
    "HTTP_VERSION_NOT_SUPPORTED": Code(505, "The server speaks HTTP/1.1."),
}

# Codes for what Falcon itself refuses.
_BY_STATUS = {
    CODES[name].status: name for name in ("BAD_REQUEST", "NOT_FOUND", "METHOD_NOT_ALLOWED", "PAYLOAD_TOO_LARGE")
}
_UNAVAILABLE_CLASSES = ("08", "53", "57")
# A locked row, a server that takes no writes, a transaction that was idle for too long, a notification queue that is
# full until the listener ends the session that keeps it full.
_UNAVAILABLE = ("55P03", "25006", "25P03", "25P04", "54000")
_RESTARTABLE = ("40001", "40P01")


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"kind": "type"}):
    """The body of every refusal (RFC 9457): `code` is for programs, `detail` and `hint` are for people."""

    kind: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str | None = None
    hint: str | None = None
    package_id: str | None = None


class Problem(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """What to answer to a request that is refused, or that failed; it tells nothing about our insides."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        status: int | None = None,
        field: str | None = None,
        hint: str | None = None,
        package_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        standard = CODES.get(code)
        self.code = code
        self.status = status or (standard.status if standard else 500)
        self.detail = detail or (standard.detail if standard else code)
        self.field = field
        self.hint = hint
        self.package_id = package_id
        self.headers = dict(headers or {})
        if self.status == 503:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """The answer to any exception; an exception that is not known is an `INTERNAL_ERROR`."""
        if isinstance(error, cls):
            return error
        if isinstance(error, psycopg.Error):
            return cls._of_postgres(error)
        if isinstance(error, falcon.HTTPError):
            return cls._of_falcon(error)
        return cls("INTERNAL_ERROR")

    @classmethod
    def _of_postgres(cls, error: psycopg.Error) -> Self:
        state = error.sqlstate
        if state is None:
            # The driver's own errors: no connection, or a value that PostgreSQL can't store.
            if isinstance(error, psycopg.OperationalError):
                return cls("SERVICE_UNAVAILABLE")
            return cls("VALIDATION_ERROR" if isinstance(error, psycopg.DataError) else "INTERNAL_ERROR")
        if state.startswith("PT") and state[2:].isdigit():
            diagnosis = error.diag
            return cls(
                diagnosis.message_primary or "INTERNAL_ERROR",
                diagnosis.message_detail or None,
                status=int(state[2:]),
                field=diagnosis.column_name or None,
                hint=diagnosis.message_hint or None,
                package_id=diagnosis.constraint_name or None,
            )
        if state in ("23505", "23503"):
            return cls("CONFLICT")
        if state == "23514" or state.startswith("22"):
            return cls("VALIDATION_ERROR")
        if state == "42501":
            return cls("FORBIDDEN")
        if state in _UNAVAILABLE or state in _RESTARTABLE or state.startswith(_UNAVAILABLE_CLASSES):
            return cls("SERVICE_UNAVAILABLE")
        return cls("INTERNAL_ERROR")

    @classmethod
    def _of_falcon(cls, error: falcon.HTTPError) -> Self:
        return cls(
            _BY_STATUS.get(error.status_code, "BAD_REQUEST" if error.status_code < 500 else "INTERNAL_ERROR"),
            status=error.status_code,
            headers=dict(error.headers or {}),
        )

    @property
    def is_fault(self) -> bool:
        """Whether it is a fault of ours, which an operator should look at."""
        return self.status == 500

    def details(self, request_id: str) -> ProblemDetails:
        """The body to send."""
        return ProblemDetails(
            kind=f"urn:halobestie:problem:{self.code.lower().replace('_', '-')}",
            title=self.code.replace("_", " ").capitalize(),
            status=self.status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            field=self.field,
            hint=self.hint,
            package_id=self.package_id,
        )
