"""Texts of pushes, in both languages, with a preview of what a phone shows."""

from typing import Any

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import texts

LOCALES = ("id", "en")


class TextsScreen(Screen):
    """GET /texts."""

    template = "texts.html"
    section = "texts"
    needs = texts.AllTexts

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for all texts, each push with its languages side by side."""
        pushes: dict[str, dict[str, Any]] = {}
        for text in (await visit.listed(texts.AllTexts))["items"]:
            pushes.setdefault(text["name"], {})[text["locale"]] = text
        return {"pushes": pushes, "locales": LOCALES}


class TextScreen(Screen):
    """GET and POST /texts/{text_name}."""

    template = "text.html"
    section = "texts"
    acts = {f"save_{locale}": Act(texts.OneText, done=N_("The next push says it."), method="put") for locale in LOCALES}
    acts |= {f"try_{locale}": Act(texts.PreviewText, shows=True) for locale in LOCALES}

    async def look(self, visit: Visit, text_name: str, **_path: Any) -> Content:
        """Ask for the texts, and for how a phone shows them: as they are kept, or as they were typed."""
        known, previews = [], {}
        for locale in LOCALES:
            known.append(await visit.ask(texts.OneText, text_name=text_name, locale=locale))
            if visit.answered is not None and visit.answered.act == f"try_{locale}":
                previews[locale] = visit.answered.reply
            else:
                previews[locale] = await visit.ask(
                    texts.PreviewText, "post", body={}, text_name=text_name, locale=locale
                )
        return {"texts": known, "previews": previews, "may_update": visit.may(texts.OneText, "put")}


SCREENS = {"/texts": TextsScreen, "/texts/{text_name}": TextScreen}
