"""The rules of the business, as the control centre reads and changes them."""

import msgspec

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import Page, ShortPage
from app.shapes.configuration import Rule, RuleChanges, Rules, RuleValue
from app.sql import configuration

READ = Permission("config", "read")
UPDATE = Permission("config", "update")


class AllRules(Resource):
    """GET /internal/config."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ShortPage) -> Rules:
        """Give every rule with its type, unit, range, meaning and version."""
        return await call.sql(configuration.list_config, limit=query.limit, cursor=query.cursor)


class OneRule(Resource):
    """GET, PUT and PATCH /internal/config/{key}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, key: str) -> Rule:
        """Give a rule."""
        return await call.sql(configuration.find_config, key=key)

    @operation(allow="cc", needs=UPDATE, versioned=True)
    async def on_put(self, call: Call, body: RuleValue, key: str) -> Rule:
        """Change a rule; it holds everywhere within a second.

        What a session or an offer started with, it keeps.
        """
        return await _change(call, body, key)

    @operation(allow="cc", needs=UPDATE, versioned=True)
    async def on_patch(self, call: Call, body: RuleValue, key: str) -> Rule:
        """Change a rule, as PUT does."""
        return await _change(call, body, key)


class RuleHistory(Resource):
    """GET /internal/config/{key}/history."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: Page, key: str) -> RuleChanges:
        """Give who changed a rule, when, from what to what, and why."""
        return await call.sql(configuration.config_history, key=key, limit=query.limit, cursor=query.cursor)


class UndoRule(Resource):
    """POST /internal/config/{key}/undo."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, versioned=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, key: str) -> Rule:
        """Put back the value that a rule had before its last change; twice undoes the undoing."""
        return await call.sql(configuration.undo_config, key=key, version=call.version, actor_id=call.user.sub)


async def _change(call: Call, body: RuleValue, key: str) -> Rule:
    value = msgspec.json.encode(body.value).decode()
    return await call.sql(configuration.set_config, key=key, value=value, version=call.version, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/config": AllRules,
    "/internal/config/{key}": OneRule,
    "/internal/config/{key}/history": RuleHistory,
    "/internal/config/{key}/undo": UndoRule,
}
