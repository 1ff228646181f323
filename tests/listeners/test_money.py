"""Every listener tells whether money is missing, and how long refunds have waited."""

from app.settings import ListenerSettings
from tests.support.listening import listening
from tests.support.market import Market, Person
from tests.support.waiting import eventually


async def test_a_refund_that_waits_and_money_that_is_missing_are_told(
    listener_settings: ListenerSettings, market: Market, customer: Person
) -> None:
    market.owed(customer)
    missing = "INSERT INTO core.figure_changes (metric, at, bucket, value) VALUES ('money_kept', '-infinity', 0, -7)"
    market.value(f"{missing} RETURNING 1")
    async with listening(listener_settings) as listener:

        async def is_told() -> bool:
            return await listener.metric("halobestie_refunds_waiting") == 1

        await eventually(is_told, "the refund is told")
        assert await listener.metric("halobestie_oldest_refund_seconds") > 0
        assert await listener.metric("halobestie_money_unaccounted_rupiah") == 7
