"""The public app's addresses: customers and mitras."""

from app.http.operation import Routes
from app.resources import health
from app.resources.public import auth, availability, chat, me, offers, payments

TITLE = "Halobestie: public API"

ROUTES: Routes = {
    **availability.ROUTES,
    **auth.ROUTES,
    **me.ROUTES,
    **payments.ROUTES,
    **offers.ROUTES,
    **chat.ROUTES,
    **health.ROUTES,
}
