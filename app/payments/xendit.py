"""Xendit over HTTP: payment links and refunds, made and asked about.

A thin client that judges nothing: it returns Xendit's answer as it came, or raises which kind of failure it was. Every
question has a limit of time, and a question that changes something is repeated with the same idempotency key only.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec
import stamina
import structlog

from app.observability import metrics
from app.postgres import unstorable
from app.settings import XenditSettings
from app.shapes.payments import PaymentRequest

log = structlog.get_logger(__name__)

PROVIDER = "xendit"
CURRENCY = "IDR"
COUNTRY = "ID"

ATTEMPTS = 3
# Statuses that leave open what became of the request, or say that it may be sent again.
_UNCLEAR = frozenset({408, 409, 425, 429})

T = TypeVar("T")
Shape = TypeVar("Shape", bound=msgspec.Struct)
Read = Callable[[bytes], T]


class Failure(Exception):  # noqa: N818 - its two kinds are answers to the question whether something happened
    """A call without a result; its text is for operators and holds no secret."""

    outcome: ClassVar[str]
    """What metrics, logs and `api.record_refund` call it."""


class RefusedByXendit(Failure):
    """Xendit said no, so nothing happened there."""

    outcome = "refused"


class Unanswered(Failure):
    """Xendit gave no answer, or an unclear answer: whether something happened there is unknown."""

    outcome = "unanswered"


class PaymentLink(msgspec.Struct, frozen=True):
    """A payment link (Xendit's payment session)."""

    payment_session_id: str
    payment_link_url: str


class RefundAnswer(msgspec.Struct, frozen=True):
    """How far a refund is: `status` is PENDING, SUCCEEDED, FAILED or CANCELLED."""

    id: str
    status: str
    failure_code: str | None = None


class _Status(msgspec.Struct, frozen=True):
    status: str


class _ErrorReply(msgspec.Struct, frozen=True):
    error_code: str | None = None


class Xendit:
    """One account at Xendit."""

    attempt_seconds = 4.0
    call_seconds = 5.0
    """The most that a caller waits, pauses included: less than an app that stops waits for its running requests."""
    proof_seconds = 5.0
    """The most that a webhook waits while Xendit is asked whether it is true."""

    def __init__(self, base_url: str, secret_key: str, *, return_url: str | None = None) -> None:
        """`return_url` is where a customer's browser goes after paying, or after giving up."""
        self._return_url = return_url
        self._http = httpx.AsyncClient(base_url=base_url, auth=(secret_key, ""), timeout=self.attempt_seconds)

    @classmethod
    def of(cls, settings: XenditSettings) -> Self | None:
        """The account that the settings name; None while Xendit is off."""
        key = settings.xendit_secret_key
        if not settings.xendit_enabled or key is None:
            return None
        return cls(settings.xendit_base_url, key.get_secret_value(), return_url=settings.xendit_return_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create_link(self, payment: PaymentRequest) -> PaymentLink:
        """Make the link on which `payment` is paid. Raises Failure."""
        request: dict[str, Any] = {
            "reference_id": payment.id,
            "session_type": "PAY",
            "mode": "PAYMENT_LINK",
            "amount": payment.amount,
            "currency": CURRENCY,
            "country": COUNTRY,
            "expires_at": payment.expires_at,
        }
        if self._return_url is not None:
            url = httpx.URL(self._return_url)
            for result in ("success", "cancel"):
                about = {"payment_request_id": str(payment.id), "result": result}
                request[f"{result}_return_url"] = str(url.copy_merge_params(about))
        return await self._ask(
            "create_link", partial(_read, PaymentLink), "POST", "/sessions", key=str(payment.id), body=request
        )

    async def link(self, payment_session_id: str) -> str:
        """What Xendit says of a link and of the money paid on it: its answer as it came, in JSON. Raises Failure."""
        path = f"/sessions/{quote(payment_session_id, safe='')}"
        return await self._ask("link", _words, "GET", path, seconds=self.proof_seconds)

    async def create_refund(self, *, refund_id: UUID, amount: int, payment_ref: str | None) -> RefundAnswer:
        """Pay money back; asked again with the same id, Xendit pays once. Raises Failure.

        `payment_ref` is Xendit's payment request, which the link's answer names once it is paid.
        """
        request = {
            "reference_id": refund_id,
            "payment_request_id": payment_ref,
            "currency": CURRENCY,
            "amount": amount,
            "reason": "REQUESTED_BY_CUSTOMER",
        }
        read = partial(_read, RefundAnswer)
        return await self._ask("create_refund", read, "POST", "/refunds", key=str(refund_id), body=request)

    async def refund(self, refund_id: str) -> RefundAnswer:
        """How far a refund is; the id is Xendit's. Raises Failure."""
        path = f"/refunds/{quote(refund_id, safe='')}"
        return await self._ask("refund", partial(_read, RefundAnswer), "GET", path)

    async def _ask(
        self,
        operation: str,
        read: Read[T],
        method: str,
        path: str,
        *,
        key: str | None = None,
        body: object = None,
        seconds: float | None = None,
    ) -> T:
        seconds = seconds or self.call_seconds
        started = perf_counter()
        outcome = "cancelled"
        try:
            async with asyncio.timeout(seconds):
                reply = await self._ask_again(read, method, path, key, body)
            outcome = "answered"
        except (Failure, TimeoutError) as error:
            failure = error if isinstance(error, Failure) else Unanswered(f"no answer in {seconds:g} s")
            outcome = failure.outcome
            log.warning("provider_of_no_help", operation=operation, outcome=outcome, said=str(failure))
            raise failure from None
        finally:
            metrics.provider_calls.labels(operation, outcome).observe(perf_counter() - started)
        return reply

    async def _ask_again(self, read: Read[T], method: str, path: str, key: str | None, body: object) -> T:
        """Ask until there is an answer, at most ATTEMPTS times."""
        async for attempt in stamina.retry_context(
            on=Unanswered, attempts=ATTEMPTS, timeout=None, wait_initial=0.1, wait_max=0.5, wait_jitter=0.1
        ):
            with attempt:
                try:
                    return await self._ask_once(read, method, path, key, body)
                except RefusedByXendit as refusal:
                    if attempt.num == 1 or key is None:
                        raise
                    # A refusal of the second request says nothing about the first, which may have been carried out.
                    raise Unanswered(f"unclear, then {refusal}") from None
        raise AssertionError("stamina either returns or raises")

    async def _ask_once(self, read: Read[T], method: str, path: str, key: str | None, body: object) -> T:
        headers = {} if key is None else {"idempotency-key": key, "content-type": "application/json"}
        if (traceparent := structlog.contextvars.get_contextvars().get("traceparent")) is not None:
            headers["traceparent"] = traceparent
        content = None if body is None else msgspec.json.encode(body)
        try:
            reply = await self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Unanswered(type(error).__name__) from None
        if reply.is_success:
            return read(reply.content)
        answer = f"{reply.status_code} {_error_code(reply.content)}".rstrip()
        if reply.is_client_error and reply.status_code not in _UNCLEAR:
            raise RefusedByXendit(answer)
        raise Unanswered(answer)


def _read(shape: type[Shape], content: bytes) -> Shape:
    try:
        return msgspec.json.decode(unstorable.replaced(content), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unanswered("not what was asked for") from None


def _words(content: bytes) -> str:
    """An answer as it came. Raises Unanswered when it is not an answer of Xendit's."""
    _read(_Status, content)
    return unstorable.replaced(content).decode()


def _error_code(content: bytes) -> str:
    try:
        return (_read(_ErrorReply, content).error_code or "")[:80]
    except Unanswered:
        return ""
