"""The audit log: who did what to what, before and after, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from app.pages.screen import Content, Screen, see_other
from app.pages.visit import ID, Visit
from app.pages.words import AUDITED
from app.problems import Problem
from app.resources.internal import audit_log, operators

SCREENS_OF = {
    "control_center_user": "/people/{}",
    "config": "/config/{}",
    "customer": "/customers/{}",
    "mitra": "/mitras/{}",
    "package": "/packages/{}",
    "payment": "/payments/{}",
    "payout": "/payouts/{}",
    "payout.close": "/payouts?until={}",
    "report": "/reports/{}",
    "role": "/people/roles/{}",
    "session": "/sessions/{}",
    "text": "/texts/{}",
    "webhook": "/payments/webhooks/{}",
}
"""Where the subject of an action is shown, by the action or its first word: the subject's first word is its id."""


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


async def take_email(visit: Visit) -> bool:
    """Take the e-mail in the filter of who did it for the id of that user; gives whether it did.

    An e-mail that nobody in the log has is refused, and goes no further.
    """
    typed = visit.query.get("actor", "").strip()
    if "@" not in typed or visit.wrong_filter:
        return False
    found = (await visit.ask(audit_log.AuditLog, query={"actor": typed, "limit": 1}))["items"]
    if found and found[0]["actor_id"]:
        visit.query["actor"] = found[0]["actor_id"]
        return True
    del visit.query["actor"]
    visit.refused_filters = {"actor"}
    visit.wrong_filter = Problem(
        "VALIDATION_ERROR",
        "Nobody with this e-mail is in the audit log.",
        field="actor",
        hint="Choose a user, or look at the e-mail again.",
    )
    return False


async def name_of_actor(visit: Visit, entries: list[dict[str, Any]]) -> str:
    """Who is meant by the filter, as the log writes it; the filter has the id of a user."""
    actor = visit.query.get("actor", "")
    if not ID.fullmatch(actor):
        return actor
    if not entries:
        known = await visit.tile(audit_log.AuditLog, query={"actor": actor, "limit": 1})
        entries = known.reply["items"] if known.reply else []
    return str(entries[0]["actor"]) if entries else actor


class AuditUsers(Screen):
    """GET /audit/users: whom to choose from, asked for when somebody is about to choose."""

    template = "_audit_users.html"

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the users."""
        return {"users": await visit.tile(operators.OperatorList, query={"limit": 200})}


class AuditScreen(Screen):
    """GET /audit."""

    template = "audit.html"
    has_filters = True
    section = "audit"
    needs = audit_log.AuditLog

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        visit = await self._enter(req, resp)
        if visit is None:
            return
        if await take_email(visit):
            see_other(resp, visit.address())
        else:
            await self.show(visit, path)

    async def _filter(self, visit: Visit, path: Mapping[str, Any]) -> None:
        """Lead to the address with the id of the user whose e-mail was typed: no address has an e-mail."""
        await take_email(visit)
        await super()._filter(visit, path)

    def back_to(self, visit: Visit) -> str:
        """Leave out an e-mail: who has not logged in is not told whose it is."""
        return visit.address(actor=None) if "@" in visit.query.get("actor", "") else super().back_to(visit)

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the entries that the filters let through."""
        with_reads = "true" if visit.query.get("action") == READS else "false"
        entries = await visit.listed(audit_log.AuditLog, otherwise={"reads": with_reads})
        for entry in entries["items"]:
            entry["changes"] = [
                change
                for change in changes(entry["before"], entry["after"])
                if change.field not in NOT_TOLD and entry["subject"] not in (change.before, change.after)
            ]
            area, _, did = entry["action"].partition(".")
            place = None if did == "delete" else SCREENS_OF.get(entry["action"], SCREENS_OF.get(area))
            entry["screen"] = place and place.format(entry["subject"].partition(" ")[0])
            entry["name"] = name_of(entry["after"]) or name_of(entry["before"])
        return {
            "entries": entries,
            "actor": await name_of_actor(visit, entries["items"]),
            "actions": tuple(dict.fromkeys((*AUDITED, *filter(None, [visit.query.get("action")])))),
            "may_see_users": visit.may(operators.OperatorList),
        }


SCREENS = {"/audit": AuditScreen, "/audit/users": AuditUsers}
