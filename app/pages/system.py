"""The system: the mirror, what is late or stuck, displays, and whether every rule holds."""

import asyncio
from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import displays, mirror, system


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
            visit.tile(displays.DisplayList),
        )
        return {
            "report": report,
            "mirror": found,
            "displays": opened if visit.may(displays.DisplayList) else None,
            "violations": await visit.tile(system.Invariants) if visit.query.get("check") else None,
            "may_reseed": visit.may(mirror.Reseed, "post"),
            "may_revoke": visit.may(displays.OneDisplay, "delete"),
        }


SCREENS = {"/system": SystemScreen}
