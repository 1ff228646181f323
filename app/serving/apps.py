"""The two apps: what they serve, and what is opened before the first request and closed after the last."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

import falcon.asgi
from falcon.asgi import Request, Response

from app.http import docs, errors
from app.http.browsers import CrossOrigin, SameOrigin
from app.http.metrics_page import MetricsPage
from app.http.middleware import RequestContext
from app.http.openapi import document
from app.http.resource import Routes
from app.http.router import Router
from app.resources import internal, public
from app.services import InternalServices, PublicServices, Services
from app.serving.metrics_server import MetricsServer
from app.settings import ApiSettings, InternalSettings
from app.sockets import asyncapi
from app.sockets.route import SocketRoute

App = falcon.asgi.App[Request, Response]
S = TypeVar("S", bound=Services)


def create_public_app(settings: ApiSettings) -> App:
    """Make the app for customers and mitras, with the WebSocket at `/ws`."""
    app = _create("public")
    if settings.cors_origins:
        app.add_middleware(CrossOrigin(settings.cors_origins))
    docs.add_routes(app, document(public.TITLE, public.ROUTES), asyncapi.document())

    async def open_services() -> PublicServices:
        services = await PublicServices.open(settings, name="halobestie-api")
        app.add_route("/ws", SocketRoute(services.gateway, services.tokens, services.hub, services.messenger))
        return services

    app.add_middleware(MetricsServer(settings))
    app.add_middleware(Lifespan(app, public.ROUTES, open_services))
    return app


def create_internal_app(settings: InternalSettings) -> App:
    """Make the app for the control centre and for Prometheus."""
    app = _create("internal")
    app.add_middleware(SameOrigin())
    docs.add_routes(app, document(internal.TITLE, internal.ROUTES))
    app.add_route("/metrics", MetricsPage())
    open_services = partial(InternalServices.open, settings, name="halobestie-internal")
    app.add_middleware(Lifespan(app, internal.ROUTES, open_services))
    return app


class Lifespan(Generic[S]):
    """Opens the services, then adds the routes that need them; only then does the server listen on its port."""

    def __init__(self, app: App, routes: Routes, open_services: Callable[[], Awaitable[S]]) -> None:
        self._app = app
        self._routes = routes
        self._open = open_services
        self._services: S | None = None

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Open the services; a failure here ends the process before it takes a request."""
        self._services = await self._open()
        for template, resource in self._routes.items():
            self._app.add_route(template, resource(self._services))

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Close the services."""
        if self._services is not None:
            await self._services.close()


def _create(name: str) -> App:
    app = App(middleware=[RequestContext(name)], router=Router())
    app.ws_options.max_receive_queue = 0  # the socket's own task reads its frames: no second task
    errors.install(app)
    return app
