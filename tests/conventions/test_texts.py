"""What a text is made of is decided by fixed lists, never by the locale of the database."""

import re

from tests.support.sources import ALL_FUNCTIONS

_BY_LOCALE = re.compile(r"\\[sSdDwWmMyY]|\[:\w+:\]|\b(?:initcap|ILIKE)\b")


def test_no_function_asks_the_locale_what_a_character_is() -> None:
    found = {name: asked for name, function in ALL_FUNCTIONS.items() if (asked := _BY_LOCALE.findall(function.body))}

    assert found == {}
