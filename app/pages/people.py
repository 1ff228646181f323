"""People of the control centre: users, roles with their permissions as a matrix, and passwords."""

from typing import Any
from uuid import UUID

from app.pages.forms import Form
from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import operators, roles

ACTIONS = ("read", "create", "update", "delete")


async def known_roles(visit: Visit) -> list[dict[str, Any]]:
    """All roles; none for a user who may not see them."""
    if not visit.may(roles.RoleList):
        return []
    known: list[dict[str, Any]] = (await visit.ask(roles.RoleList, query={"limit": 200}))["items"]
    return known


def all_permissions(known: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Every permission there is: those of super_admin."""
    return next((role["permissions"] for role in known if role["name"] == "super_admin"), {})


def role_of(form: Form) -> dict[str, Any]:
    """A role, of the ticks in the matrix: each is an area and an action."""
    permissions: dict[str, list[str]] = {}
    for ticked in form.get("permission", []):
        area, _, action = ticked.partition(":")
        permissions.setdefault(area, []).append(action)
    body: dict[str, Any] = {"name": form.get("name", [""])[-1], "permissions": permissions}
    reason = form.get("reason", [""])[-1]
    return body | {"reason": reason} if reason else body


class PeopleScreen(Screen):
    """GET and POST /people."""

    template = "people.html"
    has_filters = True
    section = "people"
    needs = operators.OperatorList
    acts = {"create": Act(operators.OperatorList, done=N_("The user may log in now."))}

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the users that the filters let through."""
        return {
            "users": await visit.listed(operators.OperatorList),
            "roles": [role["name"] for role in await known_roles(visit)],
            "may_create": visit.may(operators.OperatorList, "post"),
            "may_see_roles": visit.may(roles.RoleList),
        }


class UserScreen(Screen):
    """GET and POST /people/{cc_user_id}."""

    template = "user.html"
    section = "people"
    acts = {
        "change": Act(operators.OneOperator, done=N_("The user is changed."), method="patch"),
        "switch_off": Act(
            operators.OneOperator, done=N_("The user is switched off and signed out everywhere."), method="patch"
        ),
        "switch_on": Act(operators.OneOperator, done=N_("The user may log in again."), method="patch"),
        "password": Act(
            operators.OperatorPassword, done=N_("The user has the new password, and is signed out everywhere.")
        ),
        "delete": Act(operators.OneOperator, done=N_("The user is deleted."), method="delete", then="/people"),
    }

    async def look(self, visit: Visit, cc_user_id: UUID, **_path: Any) -> Content:
        """Ask for the user."""
        return {
            "user": await visit.ask(operators.OneOperator, cc_user_id=cc_user_id),
            "roles": [role["name"] for role in await known_roles(visit)],
            "may_update": visit.may(operators.OneOperator, "patch"),
            "may_delete": visit.may(operators.OneOperator, "delete"),
        }


class RolesScreen(Screen):
    """GET and POST /people/roles."""

    template = "roles.html"
    section = "people"
    acts = {
        "create": Act(roles.RoleList, done=N_("The role is there. Give it to users."), body=role_of),
        "delete": Act(roles.OneRole, done=N_("The role is deleted."), method="delete"),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the roles."""
        return {
            "roles": await visit.listed(roles.RoleList),
            "permissions": all_permissions(await known_roles(visit)),
            "actions": ACTIONS,
            "may_create": visit.may(roles.RoleList, "post"),
        }


class RoleScreen(Screen):
    """GET and POST /people/roles/{role_id}."""

    template = "role.html"
    section = "people"
    acts = {
        "change": Act(
            roles.OneRole,
            done=N_("The role is changed: from their next request on, its users may do this."),
            method="patch",
            body=role_of,
        ),
        "delete": Act(roles.OneRole, done=N_("The role is deleted."), method="delete", then="/people/roles"),
    }

    async def look(self, visit: Visit, role_id: UUID, **_path: Any) -> Content:
        """Ask for the role."""
        return {
            "role": await visit.ask(roles.OneRole, role_id=role_id),
            "permissions": all_permissions(await known_roles(visit)),
            "actions": ACTIONS,
            "may_update": visit.may(roles.OneRole, "patch"),
            "may_delete": visit.may(roles.OneRole, "delete"),
        }


SCREENS = {
    "/people": PeopleScreen,
    "/people/roles": RolesScreen,
    "/people/roles/{role_id:uuid}": RoleScreen,
    "/people/{cc_user_id:uuid}": UserScreen,
}
