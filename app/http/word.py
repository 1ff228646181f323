"""What a field or parameter of the API means, as its words are written."""

from typing import Any, NamedTuple

ID = "0b54ac5c-9a4a-4b3c-8f4e-5d2f1c7a9e10"
TIME = "2026-11-29T05:26:19.984720Z"


class Word(NamedTuple):
    """A field's meaning, with its unit, and an example."""

    meaning: str
    example: Any = None
