"""Packages, as the control centre makes them and changes their prices."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.packages import (
    NewPackage,
    NewPackageVersion,
    PackageDetails,
    PackageOverview,
    PackageOverviews,
    PackagePage,
)
from app.sql import packages

READ = Permission("packages", "read")
UPDATE = Permission("packages", "update")


class AllPackages(Resource):
    """GET and POST /internal/packages."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: PackagePage) -> PackageOverviews:
        """Give packages, newest first, also those that can't be bought any more."""
        return await call.sql(
            packages.list_packages,
            is_active=query.is_active,
            is_extension=query.is_extension,
            limit=query.limit,
            cursor=query.cursor,
        )

    @operation(allow="cc", needs=UPDATE, status=201, idempotent=True)
    async def on_post(self, call: Call, body: NewPackage) -> PackageOverview:
        """Make a package, which can be bought at once."""
        return await call.sql(
            packages.create_package,
            name=body.name,
            duration_minutes=body.duration_minutes,
            price=body.price,
            first_session_price=body.first_session_price,
            is_extension=body.is_extension,
            actor_id=call.user.sub,
        )


class OnePackage(Resource):
    """GET /internal/packages/{package_id}."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, package_id: UUID) -> PackageDetails:
        """Give a package with all versions of it."""
        return await call.sql(packages.find_package, package_id=package_id)


class PackageVersions(Resource):
    """POST /internal/packages/{package_id}/versions."""

    @operation(allow="cc", needs=UPDATE, status=201, idempotent=True, versioned=True, refuses=("PACKAGE_REPLACED",))
    async def on_post(self, call: Call, body: NewPackageVersion, package_id: UUID) -> PackageOverview:
        """Replace a package: a price is never edited.

        The old package can't be bought any more; links that are open keep their price.
        """
        return await call.sql(
            packages.create_package_version,
            package_id=package_id,
            price=body.price,
            name=body.name,
            duration_minutes=body.duration_minutes,
            first_session_price=body.first_session_price,
            version=call.version,
            actor_id=call.user.sub,
        )


class ActivatePackage(Resource):
    """POST /internal/packages/{package_id}/activate."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, versioned=True, refuses=("PACKAGE_REPLACED",))
    async def on_post(self, call: Call, package_id: UUID) -> PackageOverview:
        """Let a package be bought again; one that was replaced can't be."""
        return await call.sql(
            packages.set_package_active,
            package_id=package_id,
            is_active=True,
            version=call.version,
            actor_id=call.user.sub,
        )


class DeactivatePackage(Resource):
    """POST /internal/packages/{package_id}/deactivate."""

    @operation(allow="cc", needs=UPDATE, idempotent=True, versioned=True, refuses=("PACKAGE_REPLACED",))
    async def on_post(self, call: Call, package_id: UUID) -> PackageOverview:
        """Let a package not be bought any more; links that are open stay."""
        return await call.sql(
            packages.set_package_active,
            package_id=package_id,
            is_active=False,
            version=call.version,
            actor_id=call.user.sub,
        )


ROUTES: Routes = {
    "/internal/packages": AllPackages,
    "/internal/packages/{package_id:uuid}": OnePackage,
    "/internal/packages/{package_id:uuid}/versions": PackageVersions,
    "/internal/packages/{package_id:uuid}/activate": ActivatePackage,
    "/internal/packages/{package_id:uuid}/deactivate": DeactivatePackage,
}
