"""Firebase Cloud Messaging, through firebase-admin."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import firebase_admin
from firebase_admin import _http_client, credentials, exceptions, messaging

from app.sql.pushes import ClaimedPush, PushOutcome

T = TypeVar("T")

REQUEST_SECONDS = 10
SEND_SECONDS = 15.0
"""Well within the 30 s of a claim. After it ends, another listener may claim the push and send it as well."""

CLOSE_SECONDS = 1.0
"""How long the end waits for a call that is stuck."""

MOST_AT_ONCE = 500

# firebase-admin repeats a request that failed with 500 or 503, for 7 s, and has no option against it; the offer may be
# gone by then. Our queue tries again too, but asks PostgreSQL first.
_http_client.DEFAULT_HTTPX_RETRY_CONFIG.retries_left = 0


class Fcm:
    """Sends through a Firebase app of its own, in a thread with an event loop of its own.

    google-auth fetches its tokens with blocking calls of up to two minutes: they must not stop the listener's loop.
    """

    def __init__(self, credentials_file: str) -> None:
        """Read the credentials of the service account. Raises ValueError or OSError when they can't be used."""
        self._app = firebase_admin.initialize_app(
            credentials.Certificate(credentials_file), {"httpTimeout": REQUEST_SECONDS}, name=uuid4().hex
        )
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="fcm", daemon=True)
        self._thread.start()

    async def send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        """Send the pushes; FCM's answers, translated."""
        outcomes = []
        for first in range(0, len(pushes), MOST_AT_ONCE):
            outcomes += await self._send(pushes[first : first + MOST_AT_ONCE])
        return outcomes

    async def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._end.set)
        await asyncio.to_thread(self._thread.join, CLOSE_SECONDS)

    async def _send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        messages = [message(push) for push in pushes]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                batch = await self._in_thread(messaging.send_each_async(messages, app=self._app))
        except (TimeoutError, exceptions.FirebaseError) as error:
            # Without an access token, for example, nothing is sent.
            reason = str(error) or "no answer in time"
            return [PushOutcome(push.push_id, push.claim, "failed", error=reason) for push in pushes]
        return [outcome(push, answer) for push, answer in zip(pushes, batch.responses, strict=True)]

    async def _in_thread(self, call: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._end.wait())
            # delete_app closes its connections in an event loop that it makes, so no loop may run in this thread now.
            firebase_admin.delete_app(self._app)


def message(push: ClaimedPush) -> messaging.Message:
    """A push in the form that FCM takes."""
    fcm_message = messaging.Message(
        data=push.data,
        notification=messaging.Notification(title=push.title, body=push.body),
        android=messaging.AndroidConfig(
            priority="high",
            ttl=push.ttl_seconds,
            collapse_key=push.collapse_key,
            notification=messaging.AndroidNotification(tag=push.collapse_key),
        ),
        apns=messaging.APNSConfig(
            headers={
                "apns-priority": "10",
                "apns-push-type": "alert",
                "apns-expiration": str(int(push.expires_at.timestamp())),
                "apns-collapse-id": push.collapse_key,
            },
            payload=messaging.APNSPayload(
                messaging.Aps(alert=messaging.ApsAlert(title=push.title, body=push.body), sound="default")
            ),
        ),
    )
    # Not an argument of the constructor, which warns of tokens and wants installation ids; our apps register tokens.
    fcm_message.token = push.token
    return fcm_message


def outcome(push: ClaimedPush, answer: messaging.SendResponse) -> PushOutcome:
    """What FCM's answer means: after a 429, a 5xx or silence it may be tried again, any other refusal is final."""
    error = answer.exception
    if error is None:
        return PushOutcome(push.push_id, push.claim, "sent")
    response = error.http_response
    reason = f"{error.code}: {error}"
    if isinstance(error, messaging.UnregisteredError):
        return PushOutcome(push.push_id, push.claim, "unregistered", error=reason)
    if response is not None and response.status_code < 500 and response.status_code != 429:
        return PushOutcome(push.push_id, push.claim, "refused", error=reason)
    retry_after = _seconds(response.headers.get("Retry-After")) if response is not None else None
    return PushOutcome(push.push_id, push.claim, "failed", error=reason, retry_after=retry_after)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.strip().isdecimal() else None
