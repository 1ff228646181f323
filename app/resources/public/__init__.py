"""The public app's addresses: customers, mitras and the payment provider."""

from app.http.resource import Routes
from app.resources import health
from app.resources.public import auth, availability, chat, me, offers, payments, webhooks

TITLE = "Halobestie: public API"

ROUTES: Routes = {
    **availability.ROUTES,
    **auth.ROUTES,
    **me.ROUTES,
    **payments.ROUTES,
    **webhooks.ROUTES,
    **offers.ROUTES,
    **chat.ROUTES,
    **health.ROUTES,
}
