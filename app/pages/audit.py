"""The audit log: who did what to what, before and after, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.pages.screen import Content, Screen
from app.pages.visit import Visit
from app.pages.words import AUDITED
from app.resources.internal import audit_log, operators

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


NOT_TOLD = {"id", "version", "created_at", "updated_at", "replaces", "replaced_by"}
"""What every change changes, or what the screen says otherwise."""
READS = "pii.read"


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


def name_of(subject: Any) -> str | None:
    """What people call something, if it has a name."""
    if not isinstance(subject, Mapping):
        return None
    name = subject.get("display_name") or subject.get("name")
    return name if isinstance(name, str) else None


async def emails(visit: Visit) -> list[str]:
    """The users to choose from; none for an operator who may not see them."""
    if not visit.may(operators.OperatorList):
        return []
    known = await visit.tile(operators.OperatorList, query={"limit": 200})
    return [user["email"] for user in known.reply["items"]] if known.reply else []


class AuditUsers(Screen):
    """GET /audit/users: whom to choose from, asked for when somebody is about to choose."""

    template = "_audit_users.html"
    is_asked_again = True

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the users."""
        return {"users": await emails(visit)}


class AuditScreen(Screen):
    """GET /audit."""

    template = "audit.html"
    has_filters = True
    section = "audit"
    needs = audit_log.AuditLog

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the entries that the filters let through."""
        actor = visit.query.get("actor", "").strip()
        if "@" in actor and not actor.startswith("cc:"):  # a user as the screen shows one
            visit.query["actor"] = f"cc:{actor}"
        with_reads = "true" if visit.query.get("action") == READS else "false"
        entries = await visit.listed(audit_log.AuditLog, otherwise={"reads": with_reads})
        for entry in entries["items"]:
            entry["changes"] = [
                change
                for change in changes(entry["before"], entry["after"])
                if change.field not in NOT_TOLD and entry["subject"] not in (change.before, change.after)
            ]
            area, _, did = entry["action"].partition(".")
            place = None if did == "delete" else SCREENS_OF.get(area)
            entry["screen"] = place and place.format(entry["subject"].partition(" ")[0])
            entry["name"] = name_of(entry["after"]) or name_of(entry["before"])
        return {
            "entries": entries,
            "actions": tuple(dict.fromkeys((*AUDITED, *filter(None, [visit.query.get("action")])))),
            "may_see_users": visit.may(operators.OperatorList),
        }


SCREENS = {"/audit": AuditScreen, "/audit/users": AuditUsers}
