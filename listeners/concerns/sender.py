"""What takes pushes to phones: FCM, or the log where there are no credentials."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from app.settings import ListenerSettings
from app.sql.pushes import ClaimedPush, PushOutcome

log = structlog.get_logger(__name__)


class Sender(Protocol):
    """Takes pushes to phones."""

    async def send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        """Send all of them; returns what became of each, in any order."""

    async def close(self) -> None:
        """Close its connections."""


class PushLog:
    """Stands in for FCM where there are no credentials: logs what it would have sent.

    The text of a push is a person's secret; only development logs it.
    """

    def __init__(self, *, shows_text: bool) -> None:
        self._shows_text = shows_text

    async def send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        """Log the pushes."""
        for push in pushes:
            log.info(
                "push_not_sent",
                reason="no FIREBASE_CREDENTIALS",
                push_id=str(push.push_id),
                type=push.type,
                recipient=f"{push.user_type}:{push.user_id}",
                action=push.action,
                ttl_seconds=push.ttl_seconds,
                **({"text": f"{push.title}: {push.body}"} if self._shows_text else {}),
            )
        return [PushOutcome(push.push_id, push.claim, "logged") for push in pushes]

    async def close(self) -> None:
        """Do nothing: there are no connections."""


def sender_of(settings: ListenerSettings) -> Sender:
    """FCM with the credentials that the settings name; without credentials, the log."""
    if settings.firebase_credentials is None:
        log.warning("pushes_are_logged_only", hint="Set FIREBASE_CREDENTIALS to have them sent.")
        return PushLog(shows_text=not settings.is_production)
    from listeners.concerns.fcm import Fcm  # firebase-admin takes long to load, and only FCM needs it

    return Fcm(settings.firebase_credentials)
