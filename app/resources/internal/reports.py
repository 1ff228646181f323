"""Reports of one party about the other, which operators decide."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.reports import NewReportNote, ReportDecision, ReportDetails, ReportPage, Reports
from app.sql import reports

READ = Permission("reports", "read")
UPDATE = Permission("reports", "update")


class ReportList(Resource):
    """GET /internal/reports."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ReportPage) -> Reports:
        """Give reports, newest first; `status=open` is what waits for a decision."""
        return await call.sql(
            reports.list_reports,
            status=query.status,
            reported_by=query.reported_by,
            mitra_id=query.mitra_id,
            customer_id=query.customer_id,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
        )


class OneReport(Resource):
    """GET /internal/reports/{report_id}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, report_id: UUID) -> ReportDetails:
        """Give a report with its notes."""
        return await call.sql(reports.find_report, report_id=report_id)


class ReportNotes(Resource):
    """POST /internal/reports/{report_id}/notes."""

    @operation(allow="cc", needs=UPDATE, status=201, idempotent=True)
    async def on_post(self, call: Call, report_id: UUID, body: NewReportNote) -> ReportDetails:
        """Write something down about a report."""
        return await call.sql(reports.note_report, report_id=report_id, note=body.note, actor_id=call.user.sub)


class DecideReport(Resource):
    """POST /internal/reports/{report_id}/decide."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, report_id: UUID, body: ReportDecision) -> ReportDetails:
        """Uphold or dismiss an open report: it holds its mitra no longer."""
        return await call.sql(reports.decide_report, report_id=report_id, outcome=body.outcome, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/reports": ReportList,
    "/internal/reports/{report_id:uuid}": OneReport,
    "/internal/reports/{report_id:uuid}/notes": ReportNotes,
    "/internal/reports/{report_id:uuid}/decide": DecideReport,
}
