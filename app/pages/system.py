"""The system: how far the mirror agrees with PostgreSQL, and what is late or stuck."""

from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import mirror


class SystemScreen(Screen):
    """GET and POST /system."""

    template = "system.html"
    section = "system"
    needs = mirror.Mirror
    acts = {"reseed": Act(mirror.Reseed, done=N_("The leading listener was told to reseed the mirror."))}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for what each part of the system says of itself."""
        return {"mirror": await visit.tile(mirror.Mirror), "may_reseed": visit.may(mirror.Reseed, "post")}


SCREENS = {"/system": SystemScreen}
