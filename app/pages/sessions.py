"""Sessions: the list, and one session with its timeline, the reasons of its pairing, and its messages to read along."""

from collections.abc import Mapping
from typing import Any, ClassVar, get_args
from uuid import UUID

from falcon.asgi import Request, Response

from app.http.resource import Resource
from app.pages import svg
from app.pages.screen import Content, Screen, see_other
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import chat_sessions, customers, mitras
from app.shapes.sessions import SessionStatus


class ListOfParties(Screen):
    """A list whose filters may name a party by the beginning of an id, a mitra also by name."""

    has_filters = True
    parties: ClassVar[dict[str, type[Resource]]]
    """The filters that name somebody, and the lists where their ids are."""

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        visit = await self._enter(req, resp)
        if visit is None:
            return
        found = [await visit.understand(name, people) for name, people in self.parties.items()]
        if any(found) and not visit.wrong_filter:
            see_other(resp, visit.address())
        else:
            await self.show(visit, path)


class SessionsScreen(ListOfParties):
    """GET /sessions."""

    template = "sessions.html"
    section = "sessions"
    needs = chat_sessions.ChatSessions
    parties: ClassVar = {"customer_id": customers.CustomerList, "mitra_id": mitras.MitraList}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the sessions that the filters let through; a mitra's name or the beginning of an id will do."""
        return {
            "sessions": await visit.listed(chat_sessions.ChatSessions),
            "statuses": get_args(SessionStatus),
            "may_find_customers": visit.may(customers.CustomerList),
        }


class SessionScreen(Screen):
    """GET and POST /sessions/{session_id}."""

    template = "session.html"
    section = "sessions"
    acts = {
        "end": Act(chat_sessions.EndSession, done=N_("The session has ended.")),
        "reroute": Act(chat_sessions.RerouteSession, done=N_("Another mitra is being looked for.")),
        "read": Act(chat_sessions.ReadAlongSession, done=""),
    }

    async def look(self, visit: Visit, session_id: UUID, **_path: Any) -> Content:
        """Ask for the session, and for what happened to it."""
        session = await visit.ask(chat_sessions.ChatSession, session_id=session_id)
        timeline, pairing = await visit.tiles(
            chat_sessions.SessionTimeline, chat_sessions.ExplainPairing, session_id=session_id
        )
        parties = [party for party in (session["customer"], session["mitra"]) if party]
        judged = pairing.reply["items"] if pairing.reply else []
        return {
            "session": session,
            "names": {
                **{verdict["mitra_id"]: verdict["display_name"] for verdict in judged},
                **{party["id"]: party["display_name"] for party in parties},
            },
            "timeline": timeline,
            "drawn": svg.session_timeline(timeline.reply["items"]) if timeline.reply else None,
            "pairing": pairing,
            "may_update": visit.may(chat_sessions.EndSession, "post"),
            "may_read": visit.may(chat_sessions.ReadAlongSession, "post") and visit.has("pii", "read"),
        }

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:
        """Show the messages that were asked for; each page of them is asked for with its reason."""
        if name == "read":
            content = {"read": reply, "session_id": reply["session"]["id"], "reason": visit.form["reason"][-1]}
            self.render(visit, "messages.html", content)
        else:
            await super().done(visit, name, act, reply)


SCREENS = {"/sessions": SessionsScreen, "/sessions/{session_id:uuid}": SessionScreen}
