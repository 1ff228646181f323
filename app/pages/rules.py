"""Rules of the business: every one with its meaning and range, and one with its history and undo."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.pages.forms import Form, whole
from app.pages.rendering import translations
from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import config, replay

REPLAYED = {"offer_timeout_seconds", "blast_size", "mitra_max_sessions", "missed_offers_before_offline"}
"""The rules beside which stands what they would have meant."""


ALSO_CALLED = {
    "blast_size": "batch gelombang",
    "mitra_max_sessions": "capacity kapasitas slots load beban",
    "offer_timeout_seconds": "answer time waktu jawab",
    "missed_offers_before_offline": "silent diam",
    "mitra_share_percent": "earnings pay penghasilan",
}
"""Other words by which people look for a rule."""


class RulesScreen(Screen):
    """GET /config."""

    template = "rules.html"
    has_filters = True
    section = "config"
    needs = config.AllRules

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for all rules, and show those that hold what is looked for."""
        rules = (await visit.listed(config.AllRules))["items"]
        sought = visit.query.get("q", "").lower()
        said = translations(visit.view.language).gettext
        shown = [
            rule
            for rule in rules
            if sought in " ".join((rule["key"], said(rule["description"]), ALSO_CALLED.get(rule["key"], ""))).lower()
        ]
        if visit.query.get("changed"):
            shown = [rule for rule in shown if rule["value"] != rule["default_value"]]
        return {"rules": shown}


def value_of(form: Form) -> dict[str, Any]:
    """A rule's value as JSON, of the text in the form; `kind` says what type the rule has."""
    text, kind = (form.get(name, [""])[-1] for name in ("value", "kind"))
    value: Any = text
    if kind == "integer":
        value = whole(text)
    elif kind == "integers":
        value = [whole(part) for part in text.replace(";", ",").split(",")]
    elif kind == "boolean":
        value = text == "true"
    body = {"value": value}
    reason = form.get("reason", [""])[-1]
    return body | {"reason": reason} if reason else body


def replay_of(form: Form) -> dict[str, Any]:
    """The last day under another value of the form's rule."""
    rule, value = (form.get(name, [""])[-1] for name in ("rule", "value"))
    to = datetime.now(UTC) - timedelta(seconds=5)
    return {"from": (to - timedelta(days=1)).isoformat(), "to": to.isoformat(), "settings": {rule: whole(value)}}


async def last_replay(visit: Visit, key: str) -> dict[str, Any] | None:
    """The last replay of a rule; none for an operator who may not ask for one."""
    if key not in REPLAYED or not visit.may(replay.AllReplays, "post"):
        return None
    made: list[dict[str, Any]] = (await visit.ask(replay.AllReplays))["items"]
    return next((one for one in made if key in one["settings"]), None)


class ReplayPart(Screen):
    """GET /config/{key}/replay: how far a replay is, which the page asks for while it runs."""

    template = "_replay.html"
    is_asked_again = True

    async def look(self, visit: Visit, key: str, **_path: Any) -> Content:
        """Ask for the rule, and for the last replay of it."""
        return {"rule": await visit.ask(config.OneRule, key=key), "replayed": await last_replay(visit, key)}


class RuleScreen(Screen):
    """GET and POST /config/{key}."""

    template = "rule.html"
    section = "config"
    acts = {
        "change": Act(
            config.OneRule, done=N_("The rule is changed. It holds within a second."), method="put", body=value_of
        ),
        "undo": Act(config.UndoRule, done=N_("The rule is again what it was before. It holds within a second.")),
        "replay": Act(
            replay.AllReplays, done=N_("It is being replayed. The result comes here by itself."), body=replay_of
        ),
        "cancel_replay": Act(replay.CancelReplay, done=N_("The replay is cancelled.")),
    }

    async def look(self, visit: Visit, key: str, **_path: Any) -> Content:
        """Ask for the rule and its changes, and for the last replay of it."""
        return {
            "may_replay": key in REPLAYED and visit.may(replay.AllReplays, "post"),
            "replayed": await last_replay(visit, key),
            "rule": await visit.ask(config.OneRule, key=key),
            "history": await visit.listed(config.RuleHistory, key=key),
            "last": (await visit.ask(config.RuleHistory, key=key, query={"limit": 1}))["items"],
            "may_update": visit.may(config.OneRule, "put"),
        }


SCREENS = {"/config": RulesScreen, "/config/{key}": RuleScreen, "/config/{key}/replay": ReplayPart}
