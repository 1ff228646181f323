"""Whether all money is accounted for, and how long refunds have waited."""

from app.observability import metrics
from app.sql.condition import money_condition
from listeners.engine.backend import Backend


async def measure(backend: Backend) -> None:
    """Set the gauges of money."""
    money = await backend.run(money_condition)
    metrics.money_unaccounted.set(money.unaccounted)
    metrics.refunds_waiting.set(money.refunds_waiting)
    metrics.oldest_refund.set(money.refund_seconds)
