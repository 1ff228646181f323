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
"""Well within the 30 s of a claim: who sends later might send what somebody else has claimed meanwhile."""

MOST_AT_ONCE = 500

# firebase-admin repeats what failed with 500 or 503 for 7 s by itself, also when the offer is gone by then, and has no
# option against it. The queue tries again, after asking PostgreSQL.
_http_client.DEFAULT_HTTPX_RETRY_CONFIG.retries_left = 0


class Fcm:
    """Sends through an app of its own, in a thread with an event loop of its own.

    google-auth fetches its tokens with blocking calls, of up to two minutes: they must not stop the listener's loop.
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
        """Send them, and translate what FCM says to each."""
        outcomes = []
        for first in range(0, len(pushes), MOST_AT_ONCE):
            outcomes += await self._send(pushes[first : first + MOST_AT_ONCE])
        return outcomes

    async def close(self) -> None:
        """End the thread, if it is not stuck in a call."""
        self._loop.call_soon_threadsafe(self._end.set)
        await asyncio.to_thread(self._thread.join, 1)

    async def _send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        messages = [message(push) for push in pushes]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                batch = await self._there(messaging.send_each_async(messages, app=self._app))
        except (TimeoutError, exceptions.FirebaseError) as error:
            # Without an access token, for example, nothing is sent.
            reason = str(error) or "no answer in time"
            return [PushOutcome(push.push_id, push.claim, "failed", error=reason) for push in pushes]
        return [outcome(push, answer) for push, answer in zip(pushes, batch.responses, strict=True)]

    async def _there(self, call: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._end.wait())
            # It closes its connections in a loop it makes for that, so this one must stand still meanwhile.
            firebase_admin.delete_app(self._app)


def message(push: ClaimedPush) -> messaging.Message:
    """A push as FCM takes it."""
    made = messaging.Message(
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
    # The constructor warns of it since installation ids may be named instead, which apps do not register.
    made.token = push.token
    return made


def outcome(push: ClaimedPush, answer: messaging.SendResponse) -> PushOutcome:
    """What FCM's answer means: a 429, a 5xx or silence may pass, any other refusal is for good."""
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
