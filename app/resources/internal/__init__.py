"""The internal app's addresses: the control centre."""

from app.http.resource import Routes
from app.resources import health
from app.resources.internal import (
    audit_log,
    auth,
    chat_sessions,
    config,
    customers,
    dashboard,
    displays,
    failed_pairings,
    me,
    mirror,
    mitras,
    offers,
    operators,
    packages,
    payments,
    payouts,
    replay,
    reports,
    roles,
    system,
    texts,
    webhooks,
)

TITLE = "Halobestie: internal API"

ROUTES: Routes = {
    **auth.ROUTES,
    **dashboard.ROUTES,
    **mitras.ROUTES,
    **customers.ROUTES,
    **chat_sessions.ROUTES,
    **failed_pairings.ROUTES,
    **offers.ROUTES,
    **packages.ROUTES,
    **payments.ROUTES,
    **payouts.ROUTES,
    **audit_log.ROUTES,
    **config.ROUTES,
    **replay.ROUTES,
    **texts.ROUTES,
    **webhooks.ROUTES,
    **reports.ROUTES,
    **mirror.ROUTES,
    **system.ROUTES,
    **displays.ROUTES,
    **roles.ROUTES,
    **operators.ROUTES,
    **me.ROUTES,
    **health.ROUTES,
}
