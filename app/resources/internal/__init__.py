"""The internal app's addresses: the control centre."""

from app.http.resource import Routes
from app.resources import health
from app.resources.internal import (
    auth,
    chat_sessions,
    dashboard,
    displays,
    failed_pairings,
    mirror,
    mitras,
    packages,
    payments,
    webhooks,
)

TITLE = "Halobestie: internal API"

ROUTES: Routes = {
    **auth.ROUTES,
    **dashboard.ROUTES,
    **mitras.ROUTES,
    **chat_sessions.ROUTES,
    **failed_pairings.ROUTES,
    **packages.ROUTES,
    **payments.ROUTES,
    **webhooks.ROUTES,
    **mirror.ROUTES,
    **displays.ROUTES,
    **health.ROUTES,
}
