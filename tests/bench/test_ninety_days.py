"""The days that benchmarks of reports read: as they would have come to be."""

from functools import partial

import psycopg

from bench.ninety_days import fill
from tests.support.market import Market
from tests.support.sizes import in_proof_alone


@in_proof_alone("builds the indexes of fourteen tables anew")
def test_days_that_are_made_break_no_promise_and_have_what_reports_read(market: Market, database_url: str) -> None:
    indexes = "SELECT string_agg(indexdef, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'core'"
    for _ in range(3):
        market.mitra(online=False)
    package = "INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Bench', 30, 50000) RETURNING id"
    market.value(package)
    before = market.value(indexes)
    fill(partial(psycopg.connect, database_url, autocommit=True), sessions=100, days=9)

    assert market.value(indexes) == before
    assert market.value("SELECT count(*) FROM core.chat_sessions") == 900
    assert market.value("SELECT count(*) FROM core.pairing_failures") == 36
    assert market.value("SELECT count(DISTINCT status) FROM core.pairing_offers") == 3
    assert market.value("SELECT sum(paid_out) > 0 AND sum(owed) > 0 FROM ops.money_balance")
    assert market.value("SELECT count(*) FROM core.figures WHERE metric = 'sessions' AND step = 'day'") >= 9
    market.assert_all_is_well()
