"""The texts of pushes, as operators read and change them."""

from typing import Annotated, Literal

from msgspec import Meta

from app.shapes.base import Reasoned, Reply

Title = Annotated[str, Meta(max_length=200)]
Body = Annotated[str, Meta(max_length=300)]


class TextChange(Reasoned, frozen=True, kw_only=True):
    """What a push is to say."""

    title: Title
    body: Body


class TextDraft(Reasoned, frozen=True, kw_only=True):
    """What a push might say; without `title` or `body` it is the one that is kept."""

    title: Title | None = None
    body: Body | None = None


class Text(Reply, frozen=True):
    """What a push says in one language, and what it may name; `name` is the type of the event that is pushed."""

    name: str
    locale: Literal["id", "en"]
    title: str
    body: str
    action: str
    placeholders: list[str]
    version: int


class Texts(Reply, frozen=True):
    """The texts of all pushes."""

    items: list[Text]
    next_cursor: str | None


class TextPreview(Reply, frozen=True):
    """A push as a phone would show it, with example names and minutes."""

    title: str
    body: str
