"""Everybody's sessions, as the control centre reads and ends them."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import ShortPage
from app.shapes.control_centre import (
    AllSessionsPage,
    MessagesRead,
    PairingExplanation,
    PairingPage,
    ReadAlong,
    SessionDetails,
    SessionOverviews,
    Timeline,
    WaitingOverviews,
)
from app.shapes.sessions import Session
from app.sql import chat_sessions, sessions

READ = Permission("sessions", "read")
UPDATE = Permission("sessions", "update")


class ChatSessions(Resource):
    """GET /internal/chat-sessions."""

    @operation(allow="cc", needs=READ, refuses=("NOT_FOUND",))
    async def on_get(self, call: Call, query: AllSessionsPage) -> SessionOverviews:
        """Give the sessions, newest first."""
        call.is_audited = True
        return await call.sql(
            chat_sessions.list_all_sessions,
            status=query.status,
            limit=query.limit,
            cursor=query.cursor,
            actor_id=call.user.sub,
            customer_id=query.customer_id,
            mitra_id=query.mitra_id,
            from_at=query.from_,
            to_at=query.to,
            topic_sensitivity=query.topic_sensitivity,
            q=query.q,
        )


class WaitingChatSessions(Resource):
    """GET /internal/chat-sessions/waiting."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ShortPage) -> WaitingOverviews:
        """Give the sessions that wait for a mitra, longest waiting first, at most twenty."""
        return await call.sql(chat_sessions.list_waiting, limit=query.limit, cursor=query.cursor)


class ChatSession(Resource):
    """GET /internal/chat-sessions/{session_id}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, session_id: UUID) -> SessionDetails:
        """Give a session with its payment requests and its last messages."""
        call.is_audited = True
        return await call.sql(chat_sessions.find_session, session_id=session_id, actor_id=call.user.sub)


class SessionTimeline(Resource):
    """GET /internal/chat-sessions/{session_id}/timeline."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ShortPage, session_id: UUID) -> Timeline:
        """Give all that happened to a session."""
        return await call.sql(
            chat_sessions.session_timeline,
            session_id=session_id,
            actor_id=call.user.sub,
            limit=query.limit,
            cursor=query.cursor,
        )


class ExplainPairing(Resource):
    """GET /internal/chat-sessions/{session_id}/explain-pairing."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: PairingPage, session_id: UUID) -> PairingExplanation:
        """Give why each mitra was offered the session or not."""
        return await call.sql(
            chat_sessions.explain_pairing, session_id=session_id, limit=query.limit, cursor=query.cursor
        )


class ReadAlongSession(Resource):
    """POST /internal/chat-sessions/{session_id}/read-along."""

    @operation(name="ReadAlong_post", allow="cc", needs=READ)
    async def on_post(self, call: Call, body: ReadAlong, session_id: UUID) -> MessagesRead:
        """Read a session's messages after a number, page by page.

        It needs the permission pii:read and a reason, and the audit log keeps each page. The parties are told nothing.
        """
        return await call.sql(
            chat_sessions.read_along,
            session_id=session_id,
            after_seq=body.after_seq,
            limit=body.limit,
            actor_id=call.user.sub,
        )


class EndSession(Resource):
    """POST /internal/chat-sessions/{session_id}/end."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, refuses=("INVALID_STATE", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, session_id: UUID) -> Session:
        """End a running, paused or closing session for both."""
        return await call.sql(
            sessions.end_session, session_id=session_id, user_type="cc", user_id=call.user.sub, no_reply=False
        )


class RerouteSession(Resource):
    """POST /internal/chat-sessions/{session_id}/reroute."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, session_id: UUID) -> Session:
        """Take a session from its mitra and look for another; what is left of its time is kept."""
        return await call.sql(chat_sessions.reroute_session, session_id=session_id, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/chat-sessions": ChatSessions,
    "/internal/chat-sessions/waiting": WaitingChatSessions,
    "/internal/chat-sessions/{session_id:uuid}": ChatSession,
    "/internal/chat-sessions/{session_id:uuid}/timeline": SessionTimeline,
    "/internal/chat-sessions/{session_id:uuid}/explain-pairing": ExplainPairing,
    "/internal/chat-sessions/{session_id:uuid}/read-along": ReadAlongSession,
    "/internal/chat-sessions/{session_id:uuid}/end": EndSession,
    "/internal/chat-sessions/{session_id:uuid}/reroute": RerouteSession,
}
