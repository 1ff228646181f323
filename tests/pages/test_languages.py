"""Every message of the pages is there in every language."""

import re

import pytest

from app.pages.rendering import LANGUAGES
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
