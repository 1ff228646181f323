"""A mitra who has not written is reminded, and the customer hears what can be done."""

from uuid import UUID

from app.settings import ListenerSettings
from tests.support.listening import listening
from tests.support.market import Market, Person
from tests.support.sockets import Api

LATER = (
    "UPDATE core.reply_deadlines SET began_at = began_at - interval '60 s', due_at = due_at - interval '60 s'"
    " WHERE session_id = %s RETURNING session_id"
)


async def test_both_hear_that_the_first_reply_is_missing(
    api: Api, listener_settings: ListenerSettings, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    async with listening(listener_settings), api.open(customer) as phone, api.open(mitra) as desk:
        market.value(LATER, session)
        reminded = (await desk.until("first_reply_reminder"))[-1]
        assert (reminded["session_id"], "expires_at" in reminded) == (str(session), True)
        market.value(LATER, session)
        overdue = (await phone.until("first_reply_overdue"))[-1]
        assert (overdue["session_id"], overdue["options"]) == (str(session), ["reroute", "end"])
