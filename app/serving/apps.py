"""The two apps: what they serve, and what is opened before the first request and closed after the last."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from socket import socket
from typing import Any, Generic, TypeVar

import falcon.asgi
import psycopg
from falcon.asgi import Request, Response

from app import pages
from app.http import demo, docs, errors
from app.http.browsers import CrossOrigin, SameOrigin
from app.http.metrics_page import MetricsPage
from app.http.middleware import RequestContext
from app.http.openapi import document
from app.http.resource import Resource, Routes
from app.http.router import Router
from app.observability import metrics
from app.resources import internal, public
from app.resources.public.fast_path import public_fast_path
from app.services import InternalServices, PublicServices, Services
from app.serving.metrics_server import MetricsServer
from app.serving.server import AWAY
from app.settings import ApiSettings, InternalSettings
from app.sockets import asyncapi
from app.sockets.route import SocketRoute
from app.wire.fast_path import FAST_PATH, FastPath

App = falcon.asgi.App[Request, Response]
S = TypeVar("S", bound=Services)


def create_public_app(settings: ApiSettings, *, settles: bool = True, metrics_at: socket | None = None) -> App:
    """Make the app for customers and mitras, with the WebSocket at `/ws`.

    `settles` says whether it settles what is overdue before it serves. Its `/metrics` is at METRICS_PORT, or where
    `metrics_at` is bound.
    """
    app = _create("public")
    cross_origin = CrossOrigin(settings.cors_origins) if settings.cors_origins else None
    if cross_origin is not None:
        app.add_middleware(cross_origin)
    docs.add_routes(app, public.TITLE, partial(document, public.TITLE, public.ROUTES), asyncapi.document)
    if not settings.is_production:
        demo.add_routes(app, settings)

    async def open_services() -> PublicServices:
        services = await PublicServices.open(settings, name="halobestie-api", settles=settles)
        app.add_route("/ws", SocketRoute(services.gateway, services.tokens, services.hub, services.messenger))
        return services

    def add_routes(services: PublicServices) -> None:
        _add_routes(app, public.ROUTES, services)

    def make_fast_path(services: PublicServices) -> FastPath:
        always = () if cross_origin is None else cross_origin.always
        return public_fast_path(services.gateway, services.tokens, always)

    app.add_middleware(MetricsServer(settings, metrics_at))
    app.add_middleware(Lifespan(open_services, add_routes, make_fast_path if settings.fast_path else None))
    return app


def create_internal_app(settings: InternalSettings) -> App:
    """Make the app for the control centre and for Prometheus."""
    app = _create("internal")
    app.add_middleware(SameOrigin())
    openapi = partial(document, internal.TITLE, internal.ROUTES)
    docs.add_routes(app, internal.TITLE, openapi, has_front_page=False)
    app.add_route("/metrics", MetricsPage(metrics.INTERNAL))

    def add_routes(services: InternalServices) -> None:
        resources = _add_routes(app, internal.ROUTES, services)
        pages.serve(app, services, resources)

    app.add_middleware(Lifespan(partial(InternalServices.open, settings, name="halobestie-internal"), add_routes))
    return app


class Lifespan(Generic[S]):
    """Opens the services, then adds what needs them; only then does the server listen on its port."""

    def __init__(
        self,
        open_services: Callable[[], Awaitable[S]],
        add_routes: Callable[[S], None],
        make_fast_path: Callable[[S], FastPath] | None = None,
    ) -> None:
        self._open = open_services
        self._add_routes = add_routes
        self._make_fast_path = make_fast_path
        self._services: S | None = None

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Open the services; a failure here ends the process before it takes a request.

        Falcon makes a stack of it; a PostgreSQL that stayed away is for people, so the server says it.
        """
        try:
            self._services = await self._open()
        except psycopg.OperationalError as away:
            scope["state"][AWAY] = away
            return
        self._add_routes(self._services)
        if self._make_fast_path is not None:
            scope["state"][FAST_PATH] = self._make_fast_path(self._services)

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Close the services."""
        if self._services is not None:
            await self._services.close()


def _add_routes(app: App, routes: Routes, services: Services) -> dict[type[Resource], Resource]:
    """Serve these routes; gives the one resource that answers at each."""
    resources = {resource: resource(services) for resource in routes.values()}
    for template, resource in routes.items():
        app.add_route(template, resources[resource])
    return resources


def _create(name: str) -> App:
    app = App(middleware=[RequestContext(name)], router=Router())
    app.ws_options.max_receive_queue = 0  # the socket's own task reads its frames: no second task
    errors.install(app)
    return app
