"""Templates, languages and the way numbers and times are written."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import jinja2
import msgspec
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from falcon.asgi import Request
from markupsafe import Markup

from app.http.web_sessions import Visitor
from app.pages.forms import HOME_ZONE
from app.pages.sentences import sentence
from app.pages.words import N_, WORDS, word
from app.problems import CODES, Problem
from app.runtime import instant as instants

HTML = "text/html; charset=utf-8"
LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}
_PLACE = files("app.pages")


def policy(nonce: str) -> str:
    """The Content-Security-Policy of a page: own scripts and styles only, and htmx alone may write HTML."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types htmx"
    )


class View(NamedTuple):
    """For whom a page is written: language, time zone, and whether this is a development machine."""

    language: str
    zone: str
    is_development: bool

    @classmethod
    def of(cls, req: Request, visitor: Visitor | None, *, is_development: bool) -> Self:
        """What the operator has chosen; else what the address asks for or the browser, and Jakarta's time."""
        session = visitor and visitor.session
        asked = req.get_param("language") or req.get_header("Accept-Language") or ""
        language = (session and session.locale) or _preferred(asked)
        return cls(language, (session and session.time_zone) or HOME_ZONE, is_development)


def _preferred(accepted: str) -> str:
    """The first language of ours in an Accept-Language header."""
    given = (part.partition(";")[0].strip().lower().partition("-")[0] for part in accepted.split(","))
    return next((language for language in given if language in LANGUAGES), "en")


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; English is what the templates are written in."""
    catalogue = _PLACE / "locales" / language / "LC_MESSAGES" / "pages.po"
    if not catalogue.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(catalogue.read_bytes()), locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Rendering:
    """Makes pages of templates."""

    def __init__(self) -> None:
        self._by_language = {language: self._environment(language) for language in LANGUAGES}

    def render(self, template: str, view: View, **content: Any) -> str:
        """A page, or a part of one."""
        environment = self._by_language[view.language]
        return environment.get_template(template).render(view=view, now=datetime.now(UTC), **content)

    @staticmethod
    def _environment(language: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(str(_PLACE / "templates")),
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        said = translations(language)
        environment.install_gettext_translations(said, newstyle=True)  # type: ignore[attr-defined]
        environment.globals |= {"LANGUAGES": LANGUAGES, "zip": zip}
        written = Written(language, said.gettext)
        environment.filters |= {
            name: getattr(written, name)
            for name in (
                "number",
                "rupiah",
                "percent",
                "seconds",
                "measured",
                "milliseconds",
                "code",
                "sentence",
                "passed",
                "refusal",
            )
        }
        environment.filters |= {
            "when": _in_zone(written.when),
            "clock": _in_zone(written.clock),
            "detail": _in_zone(written.detail),
        }
        environment.filters["said"] = said.gettext  # a sentence of the database that the catalogues know
        environment.filters |= {"field_time": _in_zone(field_time), "json": as_json, "days_before": days_before}
        return environment


def _in_zone(write: Callable[..., str]) -> Any:
    @jinja2.pass_context
    def filtered(context: jinja2.runtime.Context, value: Any, *more: Any) -> str:
        return write(value, context["view"].zone, *more)

    return filtered


def field_time(instant: str | None, zone: str) -> str:
    """A moment as a browser's field for times has it; nothing for what is no moment, or none of a calendar there."""
    try:
        moment = datetime.fromisoformat(instant or "")
        here = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return ""
    return f"{here:%Y-%m-%dT%H:%M}"


def days_before(at: instants.Instant, days: int) -> instants.Instant:
    """So many days before a moment."""
    return instants.spell(instants.read(at) - timedelta(days=days))


def as_json(value: Any) -> str:
    """A value as JSON has it; a text as it is."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


NOTHING = "–"
_MONEY = {"amount", "price", "first_session_price", "kept", "refund_due_amount", "balance"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPOKEN = re.compile(r"(\d+):(\d\d):(\d\d)|(\d+(?:\.\d+)?) s")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Refusal(NamedTuple):
    """A refusal in a language: why, the API's own English where there is nothing as exact, and what to do.

    `is_english`: what to do is known in English alone.
    """

    why: str
    exactly: str | None
    todo: str
    is_english: bool


class Written:
    """Numbers, money, times and codes as people of a language write them; a dash where there is nothing."""

    def __init__(self, language: str, gettext: Callable[[str], str]) -> None:
        self._language = language
        self._gettext = gettext

    def number(self, value: float | None) -> str:
        """A number, with its thousands grouped."""
        return NOTHING if value is None else format_decimal(value, locale=self._language)

    def rupiah(self, value: int | None) -> str:
        """An amount of money."""
        if value is None:
            return NOTHING
        return format_currency(value, "IDR", format="'Rp' #,##0", locale=self._language, currency_digits=False)

    def percent(self, value: float | None) -> str:
        """A share of a hundred."""
        return NOTHING if value is None else format_decimal(value, locale=self._language) + " %"

    def seconds(self, value: float | None) -> str:
        """A time span as a clock shows it: 1:05, 2:10:00; under a minute in seconds."""
        if value is None:
            return NOTHING
        whole = round(value)
        if whole < 60:
            shown = round(value, 1) if value < 10 and value != whole else whole
            return format_decimal(shown, locale=self._language) + " s"
        minutes, seconds = divmod(whole, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def measured(self, value: float | None, unit: str) -> str:
        """A value of a metric, by its unit."""
        if unit == "rupiah":
            return self.rupiah(None if value is None else int(value))
        return {"percent": self.percent, "seconds": self.seconds}.get(unit, self.number)(value)

    def milliseconds(self, value: float) -> str:
        """A short time span: whole milliseconds, from a second on in seconds."""
        return self.seconds(value / 1000) if value >= 1000 else self.number(round(value)) + " ms"

    def detail(self, value: Any, zone: str, name: str) -> str:
        """A value of a timeline's step, by its name."""
        if isinstance(value, bool):
            return self._gettext("yes" if value else "no")
        if isinstance(value, int | float):
            if name in _MONEY:
                return self.rupiah(int(value))
            return self.seconds(value) if name.endswith("seconds") else self.number(value)
        if not isinstance(value, str):
            return as_json(value)
        if _UUID.fullmatch(value):
            return Markup('<span class="id" title="{}">{}</span>').format(value, value[:8])
        if _INSTANT.fullmatch(value):
            return self.when(value, zone)
        code = f"way_{value}" if name == "way" else value
        return self.code(code) if code in WORDS else value

    def sentence(self, said: str) -> str:
        """A sentence of the API, with codes in words."""
        message, values = sentence(said)
        if message is None or not values:
            return self._gettext(message or said) if said else said
        return self._gettext(message) % {k: self.code(v) if v in WORDS else self.spoken(v) for k, v in values.items()}

    def refusal(self, problem: Problem) -> Refusal:
        """Why something was refused, and what to do: in the language where that is known, else what its code means."""
        why, todo = problem.detail, problem.hint or ""
        if self._language == "en":
            return Refusal(why, None, todo, is_english=False)
        is_english, todo = sentence(todo)[0] is None, self.sentence(todo)
        if sentence(why)[0] is not None:
            return Refusal(self.sentence(why), None, todo, is_english=is_english)
        meaning = self._gettext(CODES[problem.code].detail) if problem.code in CODES else ""
        return Refusal(meaning or why, why if meaning else None, todo, is_english=is_english)

    def spoken(self, said: str) -> str:
        """A time span as the API says it (`7.3 s`, `00:02:30`), as people do; anything else as it is."""
        found = _SPOKEN.fullmatch(said)
        if found is None:
            return said
        hours, minutes, seconds, alone = found.groups()
        if alone:
            return self.seconds(float(alone))
        parts = (
            (int(hours), N_("%(number)s h")),
            (int(minutes), N_("%(number)s min")),
            (int(seconds), N_("%(number)s s")),
        )
        return " ".join(self._gettext(name) % {"number": self.number(number)} for number, name in parts if number)

    def when(self, instant: str | None, zone: str) -> Markup:
        """A moment, to the second, with the exact one in the title."""
        return self._moment(instant, zone, "d MMM y, HH:mm:ss")

    def clock(self, instant: str | None, zone: str) -> Markup:
        """A moment of a day that is known: the time alone."""
        return self._moment(instant, zone, "HH:mm:ss")

    def _moment(self, instant: str | None, zone: str, pattern: str) -> Markup:
        if instant is None:
            return Markup.escape(NOTHING)
        moment = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
        shown = format_datetime(moment, pattern, locale=self._language)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(instant, f"{instant} · {zone}", shown)

    @staticmethod
    def passed(instant: str) -> float:
        """The seconds since a moment."""
        return (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()

    def code(self, value: str | None) -> str:
        """A code of the API in words."""
        return NOTHING if value is None else self._gettext(word(value))
