"""Falcon's router, which also answers HEAD where a resource has GET."""

from typing import Any

from falcon.routing import CompiledRouter


class Router(CompiledRouter):
    """Answers HEAD as GET; the server leaves the body out. A resource that sets `is_stream` (a socket) has no HEAD."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """Find the responders of a resource."""
        responders: dict[str, Any] = dict(super().map_http_methods(resource, **kwargs))
        if "GET" in responders and not getattr(resource, "is_stream", False):
            responders.setdefault("HEAD", responders["GET"])
        return responders
