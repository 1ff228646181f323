"""A login, as the server gives it."""

from msgspec import Struct


class LoginUser(Struct):
    """The user who is logged in."""

    id: str
    type: str
    display_name: str | None = None


class Login(Struct):
    """The tokens of one login."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: LoginUser
