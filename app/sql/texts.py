"""The texts of pushes."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.texts import Text, TextPreview, Texts
from app.sql.function import sql_function


@sql_function("api.list_texts")
async def list_texts(conn: Connection, *, limit: int | None, cursor: str | None) -> Texts:
    """Give the texts of all pushes."""


@sql_function("api.find_text")
async def find_text(conn: Connection, *, name: str, locale: str) -> Text:
    """Give what a push says in one language."""


@sql_function("api.update_text")
async def update_text(
    conn: Connection, *, name: str, locale: str, title: str, body: str, version: int | None, actor_id: UUID
) -> Text:
    """Change what a push says in one language."""


@sql_function("api.preview_text")
async def preview_text(conn: Connection, *, name: str, locale: str, title: str | None, body: str | None) -> TextPreview:
    """Give a push as a phone would show it; None for what is kept."""
