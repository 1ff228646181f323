"""The system: the mirror, what is late or stuck, displays, and whether every rule holds."""

import asyncio
import re
from typing import Any, NamedTuple

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Tile, Visit
from app.pages.words import N_
from app.resources.internal import displays, mirror, system

MOST_SHOWN = 100
"""So many broken rules on a page of the check."""


class Check(NamedTuple):
    """A page of the check of the rules: what it says, where it began, and how many broken rules were found so far."""

    page: Tile
    cursor: str | None
    found: int


class SystemScreen(Screen):
    """GET and POST /system."""

    template = "system.html"
    section = "system"
    needs = system.System
    acts = {
        "reseed": Act(mirror.Reseed, done=N_("The leading listener was told to reseed the mirror.")),
        "revoke": Act(displays.OneDisplay, method="delete", done=N_("The display has ended.")),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for what each part of the system says of itself."""
        report, found, opened = await asyncio.gather(
            visit.tile(system.System),
            visit.tile(mirror.Mirror),
            visit.tile(displays.DisplayList, query={"cursor": visit.query.get("displays")}),
        )
        visit.csv = f"{visit.operations.address_of(displays.DisplayList, {})}?format=csv"
        return {
            "report": report,
            "mirror": found,
            "displays": opened if visit.may(displays.DisplayList) else None,
            "check": await a_page_of_the_check(visit) if visit.query.get("check") else None,
            "may_reseed": visit.may(mirror.Reseed, "post"),
            "may_revoke": visit.may(displays.OneDisplay, "delete"),
        }


class CheckPart(Screen):
    """GET /system/check: how far the check of the rules has come, which the page asks for until it is at its end."""

    template = "_check.html"
    is_asked_again = True

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Have the check go on."""
        return {"check": await a_page_of_the_check(visit)}


async def a_page_of_the_check(visit: Visit) -> Check:
    """Go on where the address says, with what was found before."""
    cursor, before = visit.query.get("cursor"), visit.query.get("found", "")
    page = await visit.tile(system.Invariants, query={"cursor": cursor, "limit": MOST_SHOWN})
    found = len(page.reply["items"]) if page.reply else 0
    return Check(page, cursor, (int(before) if re.fullmatch("[0-9]{1,9}", before) else 0) + found)


SCREENS = {"/system": SystemScreen, "/system/check": CheckPart}
