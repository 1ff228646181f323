"""Packages: what customers see now, every package, and one with the line of its versions."""

from typing import Any
from uuid import UUID

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import packages


class PackagesScreen(Screen):
    """GET and POST /packages."""

    template = "packages.html"
    has_filters = True
    section = "packages"
    needs = packages.AllPackages
    acts = {"create": Act(packages.AllPackages, done=N_("The package is on sale."))}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the packages that the filters let through, and for those on sale."""
        return {
            "packages": await visit.listed(packages.AllPackages),
            "on_sale": await visit.tile(packages.AllPackages, query={"is_active": "true", "limit": 200}),
            "may_update": visit.may(packages.AllPackages, "post"),
        }


class PackageScreen(Screen):
    """GET and POST /packages/{package_id}."""

    template = "package.html"
    section = "packages"
    acts = {
        "version": Act(
            packages.PackageVersions,
            done=N_("This version is on sale now, instead of the last."),
            then="/packages/{id}",
        ),
        "activate": Act(packages.ActivatePackage, done=N_("The package is on sale again.")),
        "deactivate": Act(packages.DeactivatePackage, done=N_("The package is not on sale any more.")),
    }

    async def look(self, visit: Visit, package_id: UUID, **_path: Any) -> Content:
        """Ask for the package with its line of versions."""
        return {
            "package": await visit.ask(packages.OnePackage, package_id=package_id),
            "may_update": visit.may(packages.PackageVersions, "post"),
        }


SCREENS = {"/packages": PackagesScreen, "/packages/{package_id:uuid}": PackageScreen}
