"""Users of the control centre and their roles, and what a user keeps for themselves."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import Name, Page, Reasoned, Reply

Permissions = dict[str, list[str]]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(max_length=1000)]
RoleName = Annotated[str, Meta(max_length=63)]


class NewRole(Reasoned, frozen=True):
    """A new role."""

    name: RoleName
    permissions: Permissions


class RoleChange(Reasoned, frozen=True):
    """What to change in a role; a field that is left out stays. `permissions` replaces all of them."""

    name: RoleName | None = None
    permissions: Permissions | None = None


class Role(Reply, frozen=True):
    """What users of the control centre may do; `users` have it. Nobody changes super_admin, which may do everything."""

    id: UUID
    name: str
    permissions: Permissions
    users: int
    version: int
    created_at: Instant


class Roles(Reply, frozen=True):
    """A page of roles."""

    items: list[Role]
    next_cursor: str | None


class OperatorPage(Page, frozen=True):
    """Which users of the control centre, and which part of the list."""

    role: RoleName | None = None
    is_active: bool | None = None


class NewOperator(Reasoned, frozen=True):
    """A new user of the control centre, and a first password to be changed soon."""

    email: Email
    display_name: Name
    role: RoleName
    password: Password


class OperatorChange(Reasoned, frozen=True):
    """What to change in a user of the control centre; a field that is left out stays.

    With `is_active` false the user is signed out everywhere.
    """

    display_name: Name | None = None
    role: RoleName | None = None
    is_active: bool | None = None


class NewPassword(Reasoned, frozen=True):
    """Another password for a user, who is signed out everywhere."""

    password: Password


class Operator(Reply, frozen=True):
    """A user of the control centre; `last_login_at` is null before the first login."""

    id: UUID
    email: str
    display_name: str
    role: str
    role_id: UUID
    is_active: bool
    last_login_at: Instant | None
    version: int
    created_at: Instant


class Operators(Reply, frozen=True):
    """A page of users of the control centre."""

    items: list[Operator]
    next_cursor: str | None


class NewView(Reasoned, frozen=True):
    """The filters of a screen, to be kept under a name; another view of this screen and name is replaced."""

    screen: Annotated[str, Meta(max_length=40)]
    name: Name
    query: Annotated[str, Meta(max_length=1000)]


class SavedView(Reply, frozen=True):
    """Filters of a screen that a user keeps under a name."""

    id: UUID
    screen: str
    name: str
    query: str


class OwnChange(Reasoned, frozen=True):
    """What users change in their own profile; a field that is left out stays."""

    display_name: Name | None = None
    locale: Literal["id", "en"] | None = None
    time_zone: Annotated[str, Meta(max_length=60)] | None = None


class OwnPassword(Reasoned, frozen=True):
    """One's own new password, and the present one."""

    old_password: Password
    password: Password


class OwnProfile(Reply, frozen=True):
    """A user of the control centre, as the user sees it. `locale` is null until it is chosen."""

    id: UUID
    email: str
    display_name: str
    role: str
    permissions: Permissions
    locale: Literal["id", "en"] | None
    time_zone: str
    views: list[SavedView]
