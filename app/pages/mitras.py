"""Mitras: the list, and one mitra."""

from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import mitras


class MitrasScreen(Screen):
    """GET and POST /mitras."""

    template = "mitras.html"
    section = "mitras"
    needs = mitras.MitraList
    acts = {
        "create": Act(mitras.MitraList, done=N_("The mitra is there, offline until it goes online itself.")),
        "deactivate": Act(mitras.DeactivateMitra, done=N_("The mitra is out of service.")),
        "activate": Act(mitras.ActivateMitra, done=N_("The mitra may work again.")),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the mitras that the filters let through."""
        return {
            "mitras": await visit.listed(mitras.MitraList),
            "may_create": visit.may(mitras.MitraList, "post"),
            "may_update": visit.may(mitras.DeactivateMitra, "post"),
        }


SCREENS = {"/mitras": MitrasScreen}
