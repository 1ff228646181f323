"""What waits for operators, and whether PostgreSQL keeps what it acknowledges."""

from app.observability import metrics
from app.sql.condition import backlog, lossy_settings
from listeners.engine.backend import Backend


async def measure(backend: Backend) -> None:
    """Set the gauges of reports and of durability."""
    waiting = await backend.run(backlog)
    metrics.reports_open.set(waiting.reports_open)
    metrics.oldest_report.set(waiting.report_seconds)
    metrics.durable.set(not await backend.run(lossy_settings))
