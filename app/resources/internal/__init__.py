"""The internal app's addresses: the control centre."""

from app.http.operation import Routes
from app.resources import health
from app.resources.internal import auth, dashboard, mirror, mitras

TITLE = "Halobestie: internal API"

ROUTES: Routes = {
    **auth.ROUTES,
    **dashboard.ROUTES,
    **mitras.ROUTES,
    **mirror.ROUTES,
    **health.ROUTES,
}
