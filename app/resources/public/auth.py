"""Logging in without a password: anonymously, or with a code sent to a phone."""

from functools import partial

from app.auth.tokens import new_refresh_token
from app.http.call import Call
from app.http.operation import RateRule
from app.http.resource import Resource, Routes, operation
from app.resources.logins import REFRESH_RATES, refresh, tokens
from app.services import PublicServices
from app.shapes.accounts import OtpRequest, OtpVerification, RefreshRequest, TokenReply
from app.sql import accounts

OTP_RATES = (RateRule("otp_address_rate", "address"), RateRule("otp_phone_rate", "phone"))


class Anonymous(Resource):
    """POST /api/auth/customer/anonymous."""

    @operation(status=201, rates=(RateRule("anonymous_address_rate", "address"),))
    async def on_post(self, call: Call) -> TokenReply:
        """Become a new customer without a phone: a guest."""
        await self.services.clock.require()
        refresh_token, refresh_hash = new_refresh_token()
        login = await call.sql(accounts.register_anonymous_customer, refresh_hash=refresh_hash)
        return tokens(call, login, refresh_token)


class OtpRequests(Resource):
    """POST /api/auth/otp/request."""

    services: PublicServices

    @operation(status=202, rates=OTP_RATES)
    async def on_post(self, call: Call, body: OtpRequest) -> None:
        """Have a code sent to a phone.

        The answer is the same whether the phone is known or not.
        """
        code = self.services.otp.code()
        code_hash, *_ = self.services.codes.hashes(body.user_type, body.phone, code)
        deliver = await call.sql(
            accounts.request_otp,
            phone=body.phone,
            user_type=body.user_type,
            code_hash=code_hash,
            address=call.network,
        )
        if deliver:
            call.resp.schedule(partial(self.services.otp.deliver, body.phone, code))


class OtpVerifications(Resource):
    """POST /api/auth/otp/verify."""

    services: PublicServices

    @operation(
        optional_token=True,
        rates=(RateRule("otp_verify_address_rate", "address"),),
        refuses=("OTP_INVALID", "MITRA_DEACTIVATED", "SESSION_ALREADY_OPEN"),
    )
    async def on_post(self, call: Call, body: OtpVerification) -> TokenReply:
        """Log in with the code that came.

        An unknown customer's phone makes an account. With an anonymous customer's token that customer is upgraded, or
        becomes the customer that owns the phone.
        """
        await self.services.clock.require()
        refresh_token, refresh_hash = new_refresh_token()
        claims = call.claims
        code_hash, *old_code_hashes = self.services.codes.hashes(body.user_type, body.phone, body.code)
        login = await call.sql(
            accounts.verify_otp,
            phone=body.phone,
            user_type=body.user_type,
            code_hash=code_hash,
            refresh_hash=refresh_hash,
            address=call.network,
            anonymous_customer_id=claims.sub if claims is not None and claims.typ == "customer" else None,
            old_code_hashes=old_code_hashes,
        )
        return tokens(call, login, refresh_token)


class Refresh(Resource):
    """POST /api/auth/refresh."""

    @operation(rates=REFRESH_RATES, refuses=("UNAUTHENTICATED", "MITRA_DEACTIVATED"))
    async def on_post(self, call: Call, body: RefreshRequest) -> TokenReply:
        """Change a refresh token for new tokens.

        Store the new tokens before you use them. Without an answer, ask again with the old one: that is safe as long as
        the new one was not refreshed. A token that comes again after that ends its login.
        """
        return await refresh(call, body.refresh_token, of=("customer", "mitra"))


class Logout(Resource):
    """POST /api/auth/logout."""

    @operation(allow=("customer", "mitra"))
    async def on_post(self, call: Call) -> None:
        """End this login."""
        await call.sql(accounts.logout, auth_session_id=call.user.sid)


ROUTES: Routes = {
    "/api/auth/customer/anonymous": Anonymous,
    "/api/auth/otp/request": OtpRequests,
    "/api/auth/otp/verify": OtpVerifications,
    "/api/auth/refresh": Refresh,
    "/api/auth/logout": Logout,
}
