"""A webhook that claims what is not so, or of which Xendit gives no proof."""

import asyncio

import pytest

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.http.webhooks.sales import PATH, READ, Sale, receipts, sell
from tests.support.http_apps import serving
from tests.support.market import Market
from tests.support.waiting import eventually
from tests.support.xendit.account import Notice
from tests.support.xendit.faults import Fault, answers, hangs
from tests.support.xendit.sender import Sender
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

LIES: list[tuple[dict[str, object], str]] = [
    ({"amount": 1}, "mismatch"),
    ({"amount": 50_000.5}, "mismatch"),
    ({"amount": "a lot"}, "mismatch"),
    ({"amount": None}, "mismatch"),
    ({"currency": "USD"}, "mismatch"),
    ({"reference_id": "00000000-0000-4000-8000-000000000000", "payment_session_id": "ps-0"}, "unknown_reference"),
    ({"reference_id": "nonsense", "payment_session_id": None}, "unknown_reference"),
    ({"reference_id": None, "payment_session_id": None, "payment_request_id": None}, "unknown_reference"),
]


async def test_what_does_not_match_is_stored_and_flagged_and_not_confirmed(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, _ = sale.paid()
    for lie, outcome in LIES:
        taken = await sender.send(completed.telling(**lie))
        assert taken.status_code == 200, lie
        stored = receipts(market)[-1]
        assert (stored["outcome"], stored["flagged"]) == (outcome, True), lie
    assert (sale.status, sale.sessions) == ("pending", 0)
    assert xendit.count(READ) == 0
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"


async def test_a_forged_webhook_is_not_believed(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    """The token has leaked: whoever has it says that a link was paid, and Xendit says that it was not."""
    session = xendit.account.sessions[sale.link]
    forged = Notice.of("payment_session.completed", session | {"status": "COMPLETED"})
    assert (await sender.send(forged)).json()["outcome"] == "not_paid"
    assert [receipt["flagged"] for receipt in receipts(market)] == [True]
    assert (sale.status, sale.sessions) == ("pending", 0)


@pytest.mark.parametrize(
    "change",
    [{"amount": 1}, {"currency": "USD"}, {"reference_id": "00000000-0000-4000-8000-000000000000"}],
    ids=["amount", "currency", "reference"],
)
async def test_xendits_own_word_counts_for_amount_currency_and_reference(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, change: dict[str, object]
) -> None:
    completed, _ = sale.paid()
    xendit.account.sessions[sale.link] |= change
    assert (await sender.send(completed)).json()["outcome"] == "mismatch"
    assert (sale.status, sale.sessions) == ("pending", 0)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "fault", [hangs(), answers(503), answers(404), answers(200, body=b"{}")], ids=["hangs", "503", "404", "nonsense"]
)
async def test_while_xendit_does_not_answer_a_webhook_is_kept_unverified(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender, fault: Fault
) -> None:
    completed, _ = sale.paid()
    xendit.faults.always[READ] = fault
    taken = await sender.send(completed)
    assert (taken.status_code, taken.json()["outcome"]) == (200, "unverified")
    (stored,) = receipts(market)
    assert (stored["open"], stored["flagged"]) == (True, False)
    assert (sale.status, sale.sessions) == ("pending", 0)
    # Xendit repeats it when it has found its voice again.
    xendit.faults.always.clear()
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"
    assert (sale.status, sale.sessions) == ("confirmed", 1)


async def test_one_answer_in_three_is_enough(market: Market, xendit: LocalXendit, sale: Sale, sender: Sender) -> None:
    completed, _ = sale.paid()
    xendit.faults.plan(READ, answers(500), answers(503))
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"


@pytest.mark.usefixtures("hasty")
async def test_no_transaction_is_open_while_xendit_is_asked(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    completed, _ = sale.paid()
    xendit.faults.always[READ] = hangs()
    sending = asyncio.create_task(sender.send(completed))

    async def asked() -> bool:
        return xendit.count(READ) > 0

    await eventually(asked, "Xendit is asked")
    busy = market.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state LIKE 'idle in transaction%%'"
    )
    assert busy == 0
    assert (await sending).status_code == 200


async def test_without_verification_the_token_is_enough_and_the_amount_still_counts(
    api_settings: ApiSettings, market: Market, xendit: LocalXendit
) -> None:
    market.mitra()
    settings = api_settings.model_copy(update={"xendit_verify": False})
    async with serving(create_public_app(settings)) as api:
        sender = Sender(str(api.base_url.join(PATH)), WEBHOOK_TOKEN)
        try:
            sale = await sell(api, market, xendit)
            completed, _ = sale.paid()
            assert (await sender.send(completed.telling(amount=1))).json()["outcome"] == "mismatch"
            assert (await sender.send(completed)).json()["outcome"] == "confirmed"
        finally:
            await sender.close()
    assert xendit.count(READ) == 0
    assert (sale.status, sale.sessions) == ("confirmed", 1)


async def test_money_on_a_link_that_we_never_wrote_down_is_found_by_its_reference(
    market: Market, xendit: LocalXendit, sale: Sale, sender: Sender
) -> None:
    """The process was killed between Xendit's answer and our writing it down, and the customer paid all the same."""
    market.value(
        "UPDATE core.payment_requests SET provider_ref = NULL, checkout_url = NULL WHERE id = %s RETURNING 1", sale.id
    )
    completed, _ = sale.paid()
    assert (await sender.send(completed)).json()["outcome"] == "confirmed"
    assert (sale.status, sale.sessions) == ("confirmed", 1)
