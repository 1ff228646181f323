"""Chat sessions, as their customer and their mitra see and end them."""

from uuid import UUID

from app.http.call import Call
from app.http.resource import Resource, Routes, operation
from app.services import PublicServices
from app.shapes.base import Page
from app.shapes.messages import Message, MessagePage, Messages, NewMessage, ReadMark, ReadUpTo
from app.shapes.reports import Blocked, NewReport, ReportMade
from app.shapes.sessions import (
    Extension,
    ExtensionAnswer,
    NewExtension,
    NewRating,
    Rating,
    SensitivityChange,
    Session,
    SessionEnding,
    SessionInfo,
    Sessions,
)
from app.sql import extensions, presence, reports, sessions
from app.wire.exchange import CLIENT_IS_GONE


async def _own_sessions(call: Call, query: Page) -> Sessions:
    return await call.sql(
        sessions.list_sessions,
        user_type=call.user.typ,
        user_id=call.user.sub,
        limit=query.limit,
        cursor=query.cursor,
    )


class History(Resource):
    """GET /api/chat/sessions."""

    @operation(allow=("customer", "mitra"))
    async def on_get(self, call: Call, query: Page) -> Sessions:
        """Give the user's own sessions, newest first."""
        return await _own_sessions(call, query)


class MitraSessions(Resource):
    """GET /api/mitra/sessions."""

    @operation(allow="mitra")
    async def on_get(self, call: Call, query: Page) -> Sessions:
        """Give the mitra's own sessions, newest first."""
        return await _own_sessions(call, query)


class Info(Resource):
    """GET /api/chat/{session_id}/info."""

    @operation(allow=("customer", "mitra"))
    async def on_get(self, call: Call, session_id: UUID) -> SessionInfo:
        """Give all that a reconnecting app needs to know."""
        return await call.sql(
            sessions.session_info, session_id=session_id, user_type=call.user.typ, user_id=call.user.sub
        )


class SessionMessages(Resource):
    """GET and POST /api/chat/{session_id}/messages."""

    services: PublicServices

    @operation(name="Conversation_get", allow=("customer", "mitra"))
    async def on_get(self, call: Call, session_id: UUID, query: MessagePage) -> Messages:
        """Give what was said, in order; the parties may always read.

        A page that was written whole counts as delivered.
        """
        messenger = self.services.messenger
        page = await messenger.history(call.user, session_id=session_id, page=query)

        async def fetched() -> None:
            if CLIENT_IS_GONE not in call.req.scope:
                messenger.fetched(call.user, session_id, query, page)

        if call.req.method == "GET":  # HEAD gives no page
            call.resp.schedule(fetched)
        return page

    @operation(
        name="Conversation_post",
        allow=("customer", "mitra"),
        status=201,
        repeatable=True,
        refuses=("MESSAGE_ID_REUSED", "MITRA_DEACTIVATED", "RATE_LIMITED", "SESSION_NOT_ACTIVE", "SESSION_PAUSED"),
    )
    async def on_post(self, call: Call, session_id: UUID, body: NewMessage) -> Message:
        """Say something to the other party.

        The same `client_message_id` sent again gives the same message, with 200.
        """
        message, call.is_repeat = await self.services.messenger.send(
            call.user, session_id=session_id, client_message_id=body.client_message_id, body=body.body
        )
        return message


class Reading(Resource):
    """POST /api/chat/{session_id}/read."""

    services: PublicServices

    @operation(allow=("customer", "mitra"), refuses=("RATE_LIMITED", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, session_id: UUID, body: ReadUpTo) -> ReadMark:
        """Say how far the user has read; the mark never goes back."""
        read = await self.services.messenger.read(call.user, session_id=session_id, seq=body.seq)
        return ReadMark(session_id=session_id, read_seq=read.read_seq)


class Cancel(Resource):
    """POST /api/chat/{session_id}/cancel."""

    @operation(allow="customer", idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, session_id: UUID) -> Session:
        """Stop waiting for a mitra; money already paid is owed back."""
        return await call.sql(sessions.cancel_session, session_id=session_id, customer_id=call.user.sub)


class End(Resource):
    """POST /api/chat/{session_id}/end."""

    @operation(
        allow=("customer", "mitra"), idempotent=True, refuses=("INVALID_STATE", "MITRA_DEACTIVATED", "FORBIDDEN")
    )
    async def on_post(self, call: Call, session_id: UUID, body: SessionEnding) -> Session:
        """End a running session; a session that has already ended stays as it is.

        With `no_reply` the customer ends it after `first_reply_overdue`, and the money is owed back.
        """
        return await call.sql(
            sessions.end_session,
            session_id=session_id,
            user_type=call.user.typ,
            user_id=call.user.sub,
            no_reply=body.no_reply,
        )


class Reroute(Resource):
    """POST /api/chat/{session_id}/reroute."""

    @operation(allow="customer", idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, session_id: UUID) -> Session:
        """Leave a mitra that is gone (`peer_presence`) or never wrote (`first_reply_overdue`) for another one.

        What is left of the time is kept; the time in which a mitra never wrote is given back.
        """
        return await call.sql(presence.ask_for_another_mitra, session_id=session_id, customer_id=call.user.sub)


class Extensions(Resource):
    """POST /api/chat/{session_id}/extensions."""

    @operation(
        allow="customer",
        status=201,
        idempotent=True,
        refuses=("SESSION_NOT_ACTIVE", "INVALID_STATE", "FIRST_SESSION_DISCOUNT_NOT_ALLOWED", "CAPACITY_FULL"),
    )
    async def on_post(self, call: Call, session_id: UUID, body: NewExtension) -> Extension:
        """Ask the mitra to go on, with a payment that is confirmed; the clock is paused for the answer."""
        return await call.sql(
            extensions.request_extension,
            session_id=session_id,
            customer_id=call.user.sub,
            duration_minutes=body.duration_minutes,
            price=body.price,
            extension_payment_request_id=body.extension_payment_request_id,
        )


class RespondToExtension(Resource):
    """POST /api/chat/{session_id}/extensions/{extension_id}/respond."""

    @operation(allow="mitra", idempotent=True, refuses=("EXTENSION_RESOLVED", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, session_id: UUID, extension_id: UUID, body: ExtensionAnswer) -> Extension:
        """Grant or refuse more time: then the clock goes on with what was left and bought, or closing begins."""
        return await call.sql(
            extensions.respond_to_extension,
            extension_id=extension_id,
            session_id=session_id,
            mitra_id=call.user.sub,
            accepted=body.accepted,
        )


class Sensitivity(Resource):
    """PUT /api/chat/{session_id}/sensitivity."""

    @operation(allow="mitra", refuses=("INVALID_STATE", "SESSION_NOT_ACTIVE", "MITRA_DEACTIVATED"))
    async def on_put(self, call: Call, session_id: UUID, body: SensitivityChange) -> Session:
        """Say how delicate the topic is."""
        return await call.sql(
            sessions.set_topic_sensitivity,
            session_id=session_id,
            mitra_id=call.user.sub,
            topic_sensitivity=body.topic_sensitivity,
        )


class Rate(Resource):
    """POST /api/chat/{session_id}/rating."""

    @operation(allow="customer", status=201, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, session_id: UUID, body: NewRating) -> Rating:
        """Rate a session that has ended, once."""
        return await call.sql(
            sessions.rate_session,
            session_id=session_id,
            customer_id=call.user.sub,
            rating=body.rating,
            comment=body.comment,
        )


class Block(Resource):
    """POST and DELETE /api/chat/{session_id}/block."""

    @operation(allow=("customer", "mitra"), status=201, idempotent=True, refuses=("INVALID_STATE", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, session_id: UUID) -> Blocked:
        """Never meet the other party again, who is not told; during the session and for seven days after it."""
        return await call.sql(
            reports.block_other_party, session_id=session_id, user_type=call.user.typ, user_id=call.user.sub
        )

    @operation(allow=("customer", "mitra"), refuses=("INVALID_STATE", "MITRA_DEACTIVATED"))
    async def on_delete(self, call: Call, session_id: UUID) -> None:
        """Take one's own block back, at any time."""
        await call.sql(
            reports.unblock_other_party, session_id=session_id, user_type=call.user.typ, user_id=call.user.sub
        )


class ReportParty(Resource):
    """POST /api/chat/{session_id}/report."""

    @operation(allow=("customer", "mitra"), status=201, idempotent=True, refuses=("INVALID_STATE", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, session_id: UUID, body: NewReport) -> ReportMade:
        """Tell the operators of the other party, once; during the session and for seven days after it."""
        return await call.sql(
            reports.report_other_party,
            session_id=session_id,
            user_type=call.user.typ,
            user_id=call.user.sub,
            reason=body.reason,
            comment=body.comment,
        )


ROUTES: Routes = {
    "/api/chat/sessions": History,
    "/api/mitra/sessions": MitraSessions,
    "/api/chat/{session_id:uuid}/info": Info,
    "/api/chat/{session_id:uuid}/messages": SessionMessages,
    "/api/chat/{session_id:uuid}/read": Reading,
    "/api/chat/{session_id:uuid}/cancel": Cancel,
    "/api/chat/{session_id:uuid}/end": End,
    "/api/chat/{session_id:uuid}/reroute": Reroute,
    "/api/chat/{session_id:uuid}/extensions": Extensions,
    "/api/chat/{session_id:uuid}/extensions/{extension_id:uuid}/respond": RespondToExtension,
    "/api/chat/{session_id:uuid}/sensitivity": Sensitivity,
    "/api/chat/{session_id:uuid}/rating": Rate,
    "/api/chat/{session_id:uuid}/block": Block,
    "/api/chat/{session_id:uuid}/report": ReportParty,
}
