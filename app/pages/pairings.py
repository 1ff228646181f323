"""Failed pairings, by cause and hour; each leads to its explanation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.pages import svg
from app.pages.screen import Content, Screen
from app.pages.visit import Visit
from app.resources.internal import failed_pairings

HOURS = 48
CAUSES = (
    "no_mitra_available",
    "not_accepted",
    "first_reply_overdue",
    "extension_rejected",
    "extension_safeguard_tripped",
    "failed_delivery",
    "discount_used",
    "session_already_open",
    "payment_cancelled",
    "account_gone",
)
"""Why a pairing fails, commonest first; the filter offers also what else was counted."""


class PairingsScreen(Screen):
    """GET /pairings."""

    template = "pairings.html"
    has_filters = True
    section = "pairings"
    needs = failed_pairings.FailedPairingList

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the failures that the filters let through, and for how many there were in each of the last hours."""
        until = datetime.now(UTC)
        since = (until - timedelta(hours=HOURS - 1)).replace(minute=0, second=0, microsecond=0)
        query = {"from": since.isoformat(), "to": until.isoformat()}
        counts = await visit.tile(failed_pairings.FailedPairingsByHour, query=query)
        by_cause: dict[str, dict[str, int]] = {}
        for count in counts.reply["items"] if counts.reply else ():
            by_cause.setdefault(count["cause"], {})[count["hour"]] = count["count"]
        return {
            "failures": await visit.listed(failed_pairings.FailedPairingList),
            "counts": counts,
            "hours": HOURS,
            "causes": tuple(dict.fromkeys((*CAUSES, *by_cause, *filter(None, [visit.query.get("cause")])))),
            "by_cause": [
                (cause, sum(hours.values()), svg.columns(hours, since=since, until=until))
                for cause, hours in sorted(by_cause.items(), key=lambda found: -sum(found[1].values()))
            ],
        }


SCREENS = {"/pairings": PairingsScreen}
