"""Packages as operators manage them. What customers see of them is in `payments`."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from app.runtime.instant import Instant
from app.shapes.base import MAX_BIGINT, Name, Page, Reasoned, Reply

Minutes = Annotated[int, Meta(ge=1, le=1440)]
Price = Annotated[int, Meta(ge=1, le=MAX_BIGINT)]


class PackagePage(Page, frozen=True):
    """Which packages, and which part of the list."""

    is_active: bool | None = None
    is_extension: bool | None = None


class NewPackage(Reasoned, frozen=True, kw_only=True):
    """A new package: minutes for whole rupiah. Without `first_session_price` a first session costs the same."""

    name: Name
    duration_minutes: Minutes
    price: Price
    first_session_price: Price | None = None
    is_extension: bool = False


class NewPackageVersion(Reasoned, frozen=True, kw_only=True):
    """What replaces a package. Left out, `name` and `duration_minutes` stay, and `first_session_price` ends."""

    price: Price
    name: Name | None = None
    duration_minutes: Minutes | None = None
    first_session_price: Price | None = None


class PackageOverview(Reply, frozen=True):
    """A package as the control centre sees it, with the one it replaces and the one that replaced it."""

    id: UUID
    name: str
    duration_minutes: int
    price: int
    first_session_price: int | None
    is_extension: bool
    is_active: bool
    replaces: UUID | None
    replaced_by: UUID | None
    version: int
    created_at: Instant


class PackageOverviews(Reply, frozen=True):
    """A page of packages, newest first."""

    items: list[PackageOverview]
    next_cursor: str | None


class PackageVersion(PackageOverview, frozen=True):
    """A package in its line, with who made it, as the audit log has it, and why; null for what nobody made."""

    made_by: str | None
    reason: str | None


class PackageDetails(PackageOverview, frozen=True):
    """A package, and all of its line, newest first: each replaced the next."""

    versions: list[PackageVersion]
