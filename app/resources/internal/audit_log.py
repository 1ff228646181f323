"""The audit log: who did what to what, and why."""

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.audit import AuditEntries, AuditPage
from app.sql import audit


class AuditLog(Resource):
    """GET /internal/audit-log."""

    @operation(allow="cc", needs=Permission("audit", "read"))
    async def on_get(self, call: Call, query: AuditPage) -> AuditEntries:
        """Give who did what to what, before and after, and why; newest first."""
        call.is_audited = True
        return await call.sql(
            audit.list_audit_log,
            actor=query.actor,
            action=query.action,
            subject=query.subject,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
            actor_id=call.user.sub,
            with_reads=query.reads,
        )


ROUTES: Routes = {"/internal/audit-log": AuditLog}
