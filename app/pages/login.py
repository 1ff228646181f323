"""Logging in and out with a browser."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from falcon.asgi import Request, Response

from app.auth.tokens import new_refresh_token
from app.http import web_sessions
from app.http.call import Call
from app.http.resource import Resource, operation
from app.pages.screen import Content, Screen, own_path, see_other
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.problems import Problem
from app.resources.internal.auth import LOGIN_RATES, OperatorLogout, checked
from app.services import InternalServices
from app.shapes.accounts import LoginRequest
from app.shapes.base import Reply
from app.sql import control_centre, operators


class BrowserSession(Reply, frozen=True):
    """The secret of a new session, for the cookie."""

    secret: str


class BrowserLoginRequest(LoginRequest, frozen=True):
    """An operator's credentials, and the language of the pages where one was chosen at the login."""

    locale: Literal["id", "en"] | None = None


class BrowserLogin(Resource):
    """How a browser logs in: as a program does, but for a cookie instead of tokens. It has no route of its own."""

    services: InternalServices

    @operation(rates=LOGIN_RATES, refuses=("UNAUTHENTICATED",))
    async def on_post(self, call: Call, body: BrowserLoginRequest) -> BrowserSession:
        """Open a browser's session with e-mail and password; a language that was chosen is kept in the profile."""
        cc_user_id = await checked(call, self.services, body)
        secret, token_hash = new_refresh_token()
        login = await call.sql(
            control_centre.open_cc_web_session, cc_user_id=cc_user_id, token_hash=token_hash, address=call.network
        )
        if login.refusal is not None:
            raise Problem(login.refusal)
        if body.locale is not None:
            await call.sql(
                operators.update_cc_profile,
                cc_user_id=cc_user_id,
                display_name=None,
                locale=body.locale,
                time_zone=None,
            )
        return BrowserSession(secret=secret)


class LoginScreen(Screen):
    """GET and POST /login."""

    template = "login.html"
    is_open = True
    acts = {"login": Act(BrowserLogin, done=N_("You are logged in."))}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Show the form."""
        return {"back": own_path(visit.req.get_param("back"))}

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        visitor = await web_sessions.find(self.services, req, is_use=False)
        if visitor is None:
            await super()._get(req, resp, path)
        else:
            see_other(resp, "/wallboard" if visitor.session.is_display else own_path(req.get_param("back")))

    async def _post(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        if self.services.settings.is_production and not web_sessions.is_https(self.services, req):
            raise Problem(
                "FORBIDDEN",
                "Nobody logs in over plain http: the password could be read on its way.",
                hint="Open the address with https. Behind a proxy that ends TLS, name the proxy in TRUSTED_PROXIES.",
            )
        await super()._post(req, resp, path)

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:  # noqa: ARG002  # as every screen
        """Give the browser its cookie, and go back to the screen that was asked for."""
        web_sessions.give(self.services, visit.resp, reply["secret"])
        see_other(visit.resp, own_path(visit.req.get_param("back")))


class LogoutScreen(Screen):
    """POST /logout."""

    template = "login.html"
    for_displays = True

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:  # noqa: ARG002
        see_other(resp, "/")

    async def _post(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:  # noqa: ARG002
        """End the session, and forget the cookie."""
        reason = (await self.own_form(req)).get("reason", [""])[-1]
        visitor = await web_sessions.find(self.services, req, is_use=False)
        if visitor is not None:
            session = msgspec.structs.replace(visitor.session, is_display=False)  # a display may end itself
            visitor = visitor._replace(session=session)
            body = {"reason": reason} if reason else None
            await Visit(self.operations, req, resp, visitor).ask(OperatorLogout, "post", body=body)
        web_sessions.take(self.services, resp)
        see_other(resp, "/login")


SCREENS = {"/login": LoginScreen, "/logout": LogoutScreen}
