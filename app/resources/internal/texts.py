"""The texts of pushes, as the control centre reads and changes them."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import ShortPage
from app.shapes.texts import Text, TextChange, TextDraft, TextPreview, Texts
from app.sql import texts

READ = Permission("texts", "read")
UPDATE = Permission("texts", "update")


class AllTexts(Resource):
    """GET /internal/texts."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ShortPage) -> Texts:
        """Give the texts of all pushes, in both languages."""
        return await call.sql(texts.list_texts, limit=query.limit, cursor=query.cursor)


class OneText(Resource):
    """GET and PUT /internal/texts/{text_name}/{locale}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, text_name: str, locale: str) -> Text:
        """Give what a push says in one language."""
        return await call.sql(texts.find_text, name=text_name, locale=locale)

    @operation(allow="cc", needs=UPDATE, versioned=True)
    async def on_put(self, call: Call, body: TextChange, text_name: str, locale: str) -> Text:
        """Change what a push says; the next one says it."""
        return await call.sql(
            texts.update_text,
            name=text_name,
            locale=locale,
            title=body.title,
            body=body.body,
            version=call.version,
            actor_id=call.user.sub,
        )


class PreviewText(Resource):
    """POST /internal/texts/{text_name}/{locale}/preview."""

    @operation(allow="cc", needs=READ)
    async def on_post(self, call: Call, body: TextDraft, text_name: str, locale: str) -> TextPreview:
        """Show a push as a phone would, before anything is changed."""
        return await call.sql(texts.preview_text, name=text_name, locale=locale, title=body.title, body=body.body)


ROUTES: Routes = {
    "/internal/texts": AllTexts,
    "/internal/texts/{text_name}/{locale}": OneText,
    "/internal/texts/{text_name}/{locale}/preview": PreviewText,
}
