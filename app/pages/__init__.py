"""The control centre's page: screens that show what operations of the internal API answer, and send what they take.

A page has no right, rule or SQL of its own. `screen.py` says how a screen is written; `mitras.py` is an example.
"""

from collections.abc import Mapping

from app.http.docs import App
from app.http.resource import Resource
from app.pages import (
    assets,
    audit,
    customers,
    licences,
    live,
    login,
    me,
    mitras,
    offers,
    packages,
    pairings,
    payments,
    payouts,
    people,
    reports,
    rules,
    sessions,
    system,
    texts,
    wallboard,
)
from app.pages.lost import NOT_THE_API, LostScreen
from app.pages.rendering import Rendering
from app.pages.screen import Screen
from app.pages.visit import Operations
from app.services import InternalServices

SCREENS: Mapping[str, type[Screen]] = {
    **login.SCREENS,
    **live.SCREENS,
    **mitras.SCREENS,
    **me.SCREENS,
    **customers.SCREENS,
    **sessions.SCREENS,
    **offers.SCREENS,
    **pairings.SCREENS,
    **reports.SCREENS,
    **packages.SCREENS,
    **payments.SCREENS,
    **payouts.SCREENS,
    **rules.SCREENS,
    **texts.SCREENS,
    **audit.SCREENS,
    **people.SCREENS,
    **system.SCREENS,
    **wallboard.SCREENS,
    **licences.SCREENS,
}


def serve(app: App, services: InternalServices, resources: Mapping[type[Resource], Resource]) -> None:
    """Add every address of the page. `resources` are the resources of the internal API."""
    operations = Operations(services, resources)
    operations.menu.update({path: screen.needs for path, screen in SCREENS.items() if screen.needs is not None})
    rendering = Rendering()
    screens = {path: screen(operations, rendering) for path, screen in SCREENS.items()}
    for path, answering in {**screens, **assets.routes()}.items():
        app.add_route(path, answering)
    app.add_sink(LostScreen(operations, rendering).lost, NOT_THE_API)
