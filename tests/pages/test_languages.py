"""Every message of the pages is there in every language."""

import re
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import pytest

from app.pages.rendering import LANGUAGES
from app.pages.words import WORDS
from app.shapes.mitras import Activity, MitraState
from app.shapes.payments import MoneyBalance, PaymentStatus, Provider, RefundStatus, RefundWay
from app.shapes.sessions import PartyType, SessionStatus
from tests.pages.messages import CATALOGUES, extracted, meanings, read
from tests.support.market import Market

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
