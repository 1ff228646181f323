"""Logins, tokens and profiles."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from app.auth.tokens import UserType
from app.runtime.instant import Instant
from app.shapes.base import Name, Reply, Request
from app.shapes.phones import Phone

OtpUserType = Literal["customer", "mitra"]


class OtpRequest(Request, frozen=True):
    """The phone to which a code is sent."""

    phone: Phone
    user_type: OtpUserType


class OtpVerification(Request, frozen=True):
    """The code that the user received."""

    phone: Phone
    user_type: OtpUserType
    code: Annotated[str, Meta(pattern="^[0-9]{6}$")]


class RefreshRequest(Request, frozen=True):
    """The refresh token that is changed for new tokens."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=4096)]


class LoginRequest(Request, frozen=True):
    """An operator's credentials."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=1000)]


class ProfileChange(Request, frozen=True):
    """What to change in the user's own profile; a field that is left out stays. `locale` is the language of pushes."""

    display_name: Name | None = None
    locale: Literal["id", "en"] | None = None


class PushToken(Request, frozen=True):
    """A device, by its FCM registration token."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]


class User(Reply, frozen=True):
    """The account that the tokens belong to."""

    id: UUID
    type: UserType
    display_name: str | None


class TokenReply(Reply, frozen=True):
    """A login's tokens; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the scheme's name


class Profile(Reply, frozen=True, omit_defaults=True):
    """The user's own profile."""

    id: UUID
    type: UserType
    display_name: str | None
    phone: str | None
    locale: Literal["id", "en"]
    is_anonymous: bool | msgspec.UnsetType = msgspec.UNSET
    balance: int | msgspec.UnsetType = msgspec.UNSET


class DataExportState(Reply, frozen=True):
    """The last export of one's own data; it can be read for a day once it is ready."""

    id: UUID
    state: Literal["pending", "ready", "expired"]
    requested_at: Instant
    ready_at: Instant | None
    expires_at: Instant | None


class DataExport(DataExportState, frozen=True):
    """One's own data: by table the rows that say something of this person, null while they can't be read."""

    data: dict[str, Any] | None
    left_out: dict[str, int]
