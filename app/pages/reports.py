"""Reports: the queue of what parties said of each other, and one report with its notes and its decision."""

from typing import Any, get_args
from uuid import UUID

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import reports
from app.shapes.sessions import PartyType


class ReportsScreen(Screen):
    """GET /reports."""

    template = "reports.html"
    has_filters = True
    section = "reports"
    needs = reports.ReportList

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the reports that the filters let through."""
        return {
            "reports": await visit.listed(reports.ReportList),
            "parties": get_args(PartyType),
        }


class ReportScreen(Screen):
    """GET and POST /reports/{report_id}."""

    template = "report.html"
    section = "reports"
    acts = {
        "note": Act(reports.ReportNotes, done=N_("The note is kept.")),
        "uphold": Act(reports.DecideReport, done=N_("The report is upheld.")),
        "dismiss": Act(reports.DecideReport, done=N_("The report is dismissed.")),
    }

    async def look(self, visit: Visit, report_id: UUID, **_path: Any) -> Content:
        """Ask for the report with its notes."""
        return {
            "report": await visit.ask(reports.OneReport, report_id=report_id),
            "may_update": visit.may(reports.DecideReport, "post"),
        }


SCREENS = {"/reports": ReportsScreen, "/reports/{report_id:uuid}": ReportScreen}
