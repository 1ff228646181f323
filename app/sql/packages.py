"""Packages, as operators manage them."""

from uuid import UUID

from app.postgres.database import Connection
from app.shapes.packages import PackageDetails, PackageOverview, PackageOverviews
from app.sql.function import BigInt, sql_function


@sql_function("api.list_packages")
async def list_packages(
    conn: Connection, *, is_active: bool | None, is_extension: bool | None, limit: int, cursor: str | None
) -> PackageOverviews:
    """Give a page of packages, newest first."""


@sql_function("api.find_package")
async def find_package(conn: Connection, *, package_id: UUID) -> PackageDetails:
    """Give a package with all of its line."""


@sql_function("api.create_package")
async def create_package(
    conn: Connection,
    *,
    name: str,
    duration_minutes: int,
    price: BigInt,
    first_session_price: BigInt | None,
    is_extension: bool,
    actor_id: UUID,
) -> PackageOverview:
    """Make a package."""


@sql_function("api.create_package_version")
async def create_package_version(
    conn: Connection,
    *,
    package_id: UUID,
    price: BigInt,
    name: str | None,
    duration_minutes: int | None,
    first_session_price: BigInt | None,
    version: int | None,
    actor_id: UUID,
) -> PackageOverview:
    """Replace a package by a new one; with `version`, only while the old one is still at that version."""


@sql_function("api.set_package_active")
async def set_package_active(
    conn: Connection, *, package_id: UUID, is_active: bool, version: int | None, actor_id: UUID
) -> PackageOverview:
    """Let a package be bought, or not any more."""
