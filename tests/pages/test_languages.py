"""Every message of the pages is there in every language."""

import re
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import pytest

from app.pages.rendering import LANGUAGES, Refusal, Written, translations
from app.pages.sentences import REFUSALS
from app.pages.words import WORDS
from app.problems import CODES, Problem
from app.shapes.mitras import Activity, MitraState
from app.shapes.payments import MoneyBalance, PaymentStatus, Provider, RefundStatus, RefundWay
from app.shapes.sessions import PartyType, SessionStatus
from tests.pages.messages import CATALOGUES, extracted, meanings, measured, read
from tests.support.market import Market
from tests.support.psql import ROOT

PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_english_is_what_the_templates_say_and_every_other_language_has_a_catalogue() -> None:
    assert {"en", *CATALOGUES} == set(LANGUAGES)


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_translates_every_message_with_its_places_and_no_other(language: str) -> None:
    translated = {message.id: message.string for message in read(language) if message.id}
    assert set(translated) == {message.id for message in extracted() if message.id}
    wrong = {
        said: string
        for said, string in translated.items()
        if not string or sorted(PLACE.findall(str(said))) != sorted(PLACE.findall(str(string)))
    }
    assert wrong == {}


def test_what_a_rule_means_is_a_message(market: Market) -> None:
    assert sorted(meanings()) == market.value(
        'SELECT array_agg(description ORDER BY description COLLATE "C") FROM core.config_keys()'
    )


def test_what_a_metric_of_today_means_is_a_message(market: Market) -> None:
    query = "SELECT array_agg(meaning) FROM core.figure_metrics() WHERE kind <> 'gauge'"
    assert sorted(measured()) == sorted(market.value(query))


@pytest.mark.parametrize(
    "codes",
    [
        *map(get_args, (SessionStatus, MitraState, PaymentStatus, RefundStatus, Provider, PartyType)),
        get_args(get_type_hints(Activity)["what"]),
        [name for name in MoneyBalance.__struct_fields__ if name != "server_time"],
        [f"way_{way}" for way in get_args(RefundWay)],
    ],
    ids=["sessions", "mitras", "payments", "refunds", "providers", "parties", "activity", "money", "ways"],
)
def test_a_code_that_screens_show_has_a_word(codes: Iterable[Any]) -> None:
    assert set(codes) - set(WORDS) == set()


def test_an_area_that_has_permissions_has_a_word(market: Market) -> None:
    areas: list[str] = market.value("SELECT array_agg(area) FROM jsonb_object_keys(core.all_permissions()) AS area")
    assert areas
    assert {f"area_{area}" for area in areas} - set(WORDS) == set()


@pytest.fixture
def indonesian() -> Written:
    """How a page in Indonesian writes."""
    return Written("id", translations("id").gettext)


def test_a_refusal_is_told_in_the_language_of_the_page(indonesian: Written) -> None:
    refused = Problem("FORBIDDEN", "This needs the permission payouts:update.", hint="Ask a colleague.")
    assert indonesian.refusal(refused) == Refusal(
        "Ini memerlukan izin payouts:update.", None, "Minta seorang rekan.", is_english=False
    )


def test_a_refusal_without_a_message_of_its_own_is_told_by_its_code_and_exactly_in_english(indonesian: Written) -> None:
    refused = Problem("INVALID_STATE", "The moon is full.", hint="Wait.")
    assert indonesian.refusal(refused) == Refusal(
        "Keadaannya sekarang tidak mengizinkan ini.", "The moon is full.", "Wait.", is_english=True
    )
    unknown = Problem("UNHEARD_OF", "The moon is full.")
    assert indonesian.refusal(unknown).why == "The moon is full."


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_sentence_in_every_language(indonesian: Written, code: str) -> None:
    refused = Problem(code, "Not so.")
    assert indonesian.refusal(refused).why not in ("Not so.", CODES[code].detail)


def test_every_refusal_that_has_a_message_is_said_somewhere() -> None:
    sources = [*(ROOT / "db" / "functions").rglob("*.sql"), *(ROOT / "app").rglob("*.py")]
    said = " ".join(path.read_text() for path in sources if path.name != "sentences.py").replace("''", "'")
    said = re.sub(r"\s+", " ", said)
    parts = {part for refusal in REFUSALS for part in re.split(r"%\(\w+\)s", refusal) if len(part) > 4}
    assert {part for part in parts if part.strip() not in said} == set()
