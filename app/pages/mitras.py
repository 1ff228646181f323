"""Mitras: the list, and one mitra with what it did."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from app.pages import svg
from app.pages.forms import Form, body_of
from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import config, mitras, payouts
from app.shapes.mitras import MitraChange, MitraState

STATES = ("online", "unanswering", *get_args(MitraState))
HOURS = {"day": 24, "week": 7 * 24}


class MitrasScreen(Screen):
    """GET and POST /mitras."""

    template = "mitras.html"
    has_filters = True
    section = "mitras"
    needs = mitras.MitraList
    acts = {
        "create": Act(mitras.MitraList, done=N_("The mitra is there, offline until it goes online itself.")),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the mitras that the filters let through."""
        return {
            "mitras": await visit.listed(mitras.MitraList),
            "states": STATES,
            "may_create": visit.may(mitras.MitraList, "post"),
        }


def changed(form: Form) -> dict[str, Any]:
    """The change of a mitra: its form has all fields, and a blank maximum or share means that the rule holds."""
    return {"max_sessions": None, "mitra_share_percent": None, **body_of(form, MitraChange, "UTC")}


def online_since(conditions: Sequence[Mapping[str, Any]]) -> datetime | None:
    """Since when a mitra is online; None: it is not."""
    return next(
        (datetime.fromisoformat(each["at"]) for each in conditions if each["what"] == "online" and each["holds"]), None
    )


class MitraScreen(Screen):
    """GET and POST /mitras/{mitra_id}."""

    template = "mitra.html"
    section = "mitras"
    acts = {
        "change": Act(mitras.OneMitra, method="patch", done=N_("The mitra was changed."), body=changed),
        "offline": Act(mitras.ForceMitraOffline, done=N_("The mitra is offline.")),
        "deactivate": Act(mitras.DeactivateMitra, done=N_("The mitra is out of service.")),
        "activate": Act(mitras.ActivateMitra, done=N_("The mitra may work again.")),
        "delete": Act(mitras.OneMitra, done=N_("The mitra is deleted."), method="delete", then="/mitras"),
    }

    async def look(self, visit: Visit, mitra_id: UUID, **_path: Any) -> Content:
        """Ask for the mitra, and for what it did in the last day or week."""
        until = datetime.now(UTC)
        since = until - timedelta(hours=HOURS.get(visit.query.get("range", ""), HOURS["day"]))
        query = {"limit": 200, "from": since.isoformat()}
        activity = await visit.tile(mitras.MitraTimeline, query=query, mitra_id=mitra_id)
        may_see_rules = visit.may(config.OneRule)
        missed = await visit.tile(config.OneRule, key="missed_offers_before_offline") if may_see_rules else None
        mitra = await visit.ask(mitras.OneMitra, mitra_id=mitra_id)
        return {
            "mitra": mitra,
            "activity": activity,
            "missed_most": missed.reply["value"] if missed and missed.reply else None,
            "drawn": svg.mitra_timeline(
                activity.reply["items"], since=since, until=until, online_since=online_since(mitra["conditions"])
            )
            if activity.reply
            else None,
            "earnings": await visit.tile(payouts.MitraEarnings, query={"limit": 20}, mitra_id=mitra_id)
            if visit.may(payouts.MitraEarnings)
            else None,
            "may_update": visit.may(mitras.OneMitra, "patch"),
            "may_delete": visit.may(mitras.OneMitra, "delete"),
        }


SCREENS = {"/mitras": MitrasScreen, "/mitras/{mitra_id:uuid}": MitraScreen}
