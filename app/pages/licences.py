"""The licences of what the pages load."""

from importlib.resources import files
from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Visit

_PACKAGES = files("app.http") / "assets" / "node_modules"
LICENCES = {"htmx.org": "LICENSE", "uplot": "LICENSE", "swagger-ui-dist": "LICENSE"}


class LicencesScreen(Screen):
    """GET /licences."""

    template = "licences.html"
    for_displays = True

    async def look(self, visit: Visit, **_path: Any) -> Content:  # noqa: ARG002  # as every screen
        """Read the licences as the packages bring them."""
        found = {name: _PACKAGES / name / file for name, file in LICENCES.items()}
        return {"licences": {name: file.read_text(encoding="utf-8") for name, file in found.items() if file.is_file()}}


SCREENS = {"/licences": LicencesScreen}
