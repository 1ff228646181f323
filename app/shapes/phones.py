"""Telephone numbers: read as people write them, stored as E.164."""

import re
import unicodedata
from typing import Any

import phonenumbers

HOME_REGION = "ID"
LONGEST_WRITTEN = 100


# The characters with which people write a number; the library would ignore any others.
_WRITTEN = re.compile(r"[0-9+() ./-]{5,30}")


_DASHES = re.compile("[\u2010-\u2015\u2212]")


class Phone(str):
    """A telephone number in E.164. It may be written in other ways; without a country code it is Indonesian."""

    __slots__ = ()

    @classmethod
    def parse(cls, written: object) -> "Phone":
        """Read a number as people write it. Raises ValueError when no such number can exist."""
        plain = _plain(written) if isinstance(written, str) and len(written) <= LONGEST_WRITTEN else ""
        if not _WRITTEN.fullmatch(plain):
            raise ValueError("Expected a telephone number")
        try:
            number = phonenumbers.parse(plain, HOME_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValueError("Expected a telephone number")
        return cls(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _plain(written: str) -> str:
    """A number as it was pasted, but with plain digits, blanks and dashes, without invisible characters, + for 00."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", written) if unicodedata.category(letter) != "Cf")
    shown = _DASHES.sub("-", " ".join(shown.split()))
    return "+" + shown.removeprefix("00") if shown.startswith("00") else shown


def read(kind: type, value: Any) -> Any:
    """Read a type that msgspec does not know; this is its `dec_hook`."""
    if kind is Phone:
        return Phone.parse(value)
    raise NotImplementedError(f"no reader for {kind}")


def describe(kind: type) -> dict[str, Any]:
    """Describe a type that msgspec does not know; this is its `schema_hook`."""
    if kind is Phone:
        return {"type": "string", "description": Phone.__doc__, "examples": ["+6281234567890"]}
    raise NotImplementedError(f"no schema for {kind}")
