"""Logins of the control centre."""

from uuid import UUID

from app.auth.tokens import new_refresh_token
from app.http.call import Call
from app.http.operation import RateRule
from app.http.resource import Resource, Routes, operation
from app.problems import Problem
from app.resources.logins import REFRESH_RATES, refresh, tokens
from app.services import InternalServices
from app.shapes.accounts import LoginRequest, RefreshRequest, TokenReply
from app.sql import accounts, control_centre

LOGIN_RATES = (RateRule("login_address_rate", "address"),)


async def checked(call: Call, services: InternalServices, body: LoginRequest) -> UUID:
    """The operator whose e-mail and password these are. Tries are counted, slowed down and audited.

    Raises UNAUTHENTICATED, and RATE_LIMITED with the seconds to wait.
    """
    await services.clock.require()
    call.is_audited = True
    async with services.passwords.place():
        credentials = await call.sql(control_centre.begin_cc_login, email=body.email, address=call.network)
        if credentials.refusal is not None:
            raise Problem(credentials.refusal, headers={"Retry-After": str(credentials.retry_after_seconds)})
        is_right = await services.passwords.is_right(body.password, credentials.password_hash)
    if credentials.cc_user_id is None or not is_right:
        await call.sql(control_centre.fail_cc_login, email=body.email, address=call.network)
        raise Problem("UNAUTHENTICATED", "E-mail or password is wrong.")
    return credentials.cc_user_id


class OperatorLogin(Resource):
    """POST /internal/auth/login."""

    services: InternalServices

    @operation(name="Login_post", rates=LOGIN_RATES, refuses=("UNAUTHENTICATED",))
    async def on_post(self, call: Call, body: LoginRequest) -> TokenReply:
        """Log in with e-mail and password.

        An unknown e-mail takes as long and answers the same as a wrong password.
        """
        cc_user_id = await checked(call, self.services, body)
        refresh_token, refresh_hash = new_refresh_token()
        login = await call.sql(
            control_centre.open_cc_login,
            cc_user_id=cc_user_id,
            refresh_hash=refresh_hash,
            address=call.network,
        )
        return tokens(call, login, refresh_token)


class OperatorRefresh(Resource):
    """POST /internal/auth/refresh."""

    @operation(name="Refresh_post", rates=REFRESH_RATES, refuses=("UNAUTHENTICATED",))
    async def on_post(self, call: Call, body: RefreshRequest) -> TokenReply:
        """Change a refresh token for new tokens.

        Without an answer, ask again with the old one: that is safe as long as the new one was not refreshed.
        """
        return await refresh(call, body.refresh_token, of=("cc",))


class OperatorLogout(Resource):
    """POST /internal/auth/logout."""

    @operation(name="Logout_post", allow="cc")
    async def on_post(self, call: Call) -> None:
        """End this login."""
        await call.sql(accounts.logout, auth_session_id=call.user.sid)


ROUTES: Routes = {
    "/internal/auth/login": OperatorLogin,
    "/internal/auth/refresh": OperatorRefresh,
    "/internal/auth/logout": OperatorLogout,
}
