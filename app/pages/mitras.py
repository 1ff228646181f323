"""Mitras: the list, and one mitra with what it did."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from app.pages import svg
from app.pages.forms import Form, body_of, in_zone, typed
from app.pages.screen import Content, Screen
from app.pages.visit import Act, Tile, Visit
from app.pages.words import N_
from app.resources.internal import config, mitras, payouts
from app.shapes.mitras import MitraChange, MitraState

STATES = ("online", "unanswering", *get_args(MitraState))
HOURS = {"day": 24, "week": 7 * 24}
MOST_STEPS = "200"
"""So many steps of an activity on a page."""


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


def chosen(visit: Visit, name: str) -> datetime | None:
    """A moment among the filters."""
    value = visit.query.get(name)
    return typed(in_zone(value, visit.zone), datetime) if value else None


def drawn(
    visit: Visit, activity: Mapping[str, Any], *, since: datetime | None, online: datetime | None
) -> svg.Drawn | None:
    """A page of an activity as lanes: the time that was chosen, or the part of it that the page tells of."""
    steps, now = activity["items"], datetime.now(UTC)
    if steps and (since is None or activity["next_cursor"]):
        since = datetime.fromisoformat(steps[-1]["at"])
    if since is None:
        return None
    until = min(chosen(visit, "to") or now, now)
    if steps and visit.query.get("cursor"):
        until = datetime.fromisoformat(steps[0]["at"])
    if since >= until:
        return None
    return svg.mitra_timeline(
        steps,
        since=since,
        until=until,
        online_since=online if online is not None and online < until else None,
    )


class MitraScreen(Screen):
    """GET and POST /mitras/{mitra_id}."""

    template = "mitra.html"
    has_filters = True
    section = "mitras"
    acts = {
        "change": Act(mitras.OneMitra, method="patch", done=N_("The mitra was changed."), body=changed),
        "offline": Act(mitras.ForceMitraOffline, done=N_("The mitra is offline.")),
        "deactivate": Act(mitras.DeactivateMitra, done=N_("The mitra is out of service.")),
        "activate": Act(mitras.ActivateMitra, done=N_("The mitra may work again.")),
        "delete": Act(mitras.OneMitra, done=N_("The mitra is deleted."), method="delete", then="/mitras"),
    }

    async def look(self, visit: Visit, mitra_id: UUID, **_path: Any) -> Content:
        """Ask for the mitra, and for what it did in the time that was chosen, or in the last day or week."""
        of_late = datetime.now(UTC) - timedelta(hours=HOURS.get(visit.query.get("range", ""), HOURS["day"]))
        is_chosen = bool(visit.query.get("from") or visit.query.get("to"))
        otherwise = {"limit": MOST_STEPS, **({} if is_chosen else {"from": of_late.isoformat()})}
        activity = await Tile.of(visit.listed(mitras.MitraTimeline, otherwise, mitra_id=mitra_id))
        may_see_rules = visit.may(config.OneRule)
        missed = await visit.tile(config.OneRule, key="missed_offers_before_offline") if may_see_rules else None
        mitra = await visit.ask(mitras.OneMitra, mitra_id=mitra_id)
        return {
            "mitra": mitra,
            "activity": activity,
            "missed_most": missed.reply["value"] if missed and missed.reply else None,
            "is_chosen": is_chosen,
            "drawn": drawn(
                visit,
                activity.reply,
                since=chosen(visit, "from") if is_chosen else of_late,
                online=online_since(mitra["conditions"]),
            )
            if activity.reply and not visit.wrong_filter
            else None,
            "earnings": await visit.tile(payouts.MitraEarnings, query={"limit": 20}, mitra_id=mitra_id)
            if visit.may(payouts.MitraEarnings)
            else None,
            "may_update": visit.may(mitras.OneMitra, "patch"),
            "may_delete": visit.may(mitras.OneMitra, "delete"),
        }


SCREENS = {"/mitras": MitrasScreen, "/mitras/{mitra_id:uuid}": MitraScreen}
