"""Oneself: the name, the language and time zone of the pages, the password, and saved views."""

from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import available_timezones

from app.pages.screen import Content, Screen, own_path, see_other
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal.me import OwnAccount, OwnPasswordChange, OwnView, OwnViews

ZONES = (*dict.fromkeys(("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC", *sorted(available_timezones()))),)


class MeScreen(Screen):
    """GET and POST /me."""

    template = "me.html"
    acts = {
        "profile": Act(OwnAccount, method="patch", done=N_("Your profile was changed.")),
        "language": Act(OwnAccount, method="patch", body=lambda form: {"locale": form.get("locale", [""])[-1]}),
        "password": Act(OwnPasswordChange, done=N_("Your password was changed. Your other logins have ended.")),
        "save": Act(OwnViews, done=N_("The view was saved.")),
        "forget": Act(OwnView, method="delete", done=N_("The view was deleted.")),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for one's own profile."""
        return {"me": await visit.ask(OwnAccount), "zones": ZONES}

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:
        """After a view was saved, go back to it; after another language was chosen, to where one was."""
        if name == "language":
            see_other(visit.resp, own_path(visit.form.get("back", [None])[-1]))
            return
        if name == "save":
            query = [*parse_qsl(reply["query"]), ("done", name)]
            see_other(visit.resp, f"/{reply['screen']}?" + urlencode(query))
        else:
            await super().done(visit, name, act, reply)


SCREENS = {"/me": MeScreen}
