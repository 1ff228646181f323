"""The audit log: who did what to what, before and after, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.pages.screen import Content, Screen
from app.pages.visit import Visit
from app.resources.internal import audit_log

SCREENS_OF = {
    "control_center_user": "/people/{}",
    "config": "/config/{}",
    "customer": "/customers/{}",
    "mitra": "/mitras/{}",
    "package": "/packages/{}",
    "payment": "/payments/{}",
    "role": "/people/roles/{}",
    "session": "/sessions/{}",
    "text": "/texts/{}",
    "webhook": "/payments/webhooks/{}",
}
"""Where the subject of an action is shown, by the first word of the action: the subject's first word is its id."""


class Change(NamedTuple):
    """One field before and after; None where there was nothing."""

    field: str
    before: Any
    after: Any


def changes(before: Any, after: Any) -> list[Change]:
    """The fields that differ; of two values that are no documents, the values."""
    if not isinstance(before, Mapping) and not isinstance(after, Mapping):
        return [] if before == after else [Change("", before, after)]
    old: Mapping[str, Any] = before if isinstance(before, Mapping) else {}
    new: Mapping[str, Any] = after if isinstance(after, Mapping) else {}
    names = [*old, *(name for name in new if name not in old)]
    return [Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


class AuditScreen(Screen):
    """GET /audit."""

    template = "audit.html"
    has_views = True
    section = "audit"
    needs = audit_log.AuditLog

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the entries that the filters let through."""
        entries = await visit.listed(audit_log.AuditLog)
        for entry in entries["items"]:
            entry["changes"] = [
                change
                for change in changes(entry["before"], entry["after"])
                if change.field != "version" and entry["subject"] not in (change.before, change.after)
            ]
            area, _, did = entry["action"].partition(".")
            place = None if did == "delete" else SCREENS_OF.get(area)
            entry["screen"] = place and place.format(entry["subject"].partition(" ")[0])
        return {"entries": entries}


SCREENS = {"/audit": AuditScreen}
