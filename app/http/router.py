"""Falcon's router, with HEAD wherever GET is."""

from typing import Any

from falcon.routing import CompiledRouter


class Router(CompiledRouter):
    """Answers HEAD as GET; the server leaves the body out. A resource whose answer is a stream says `is_stream`."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """Find the responders of a resource."""
        found: dict[str, Any] = dict(super().map_http_methods(resource, **kwargs))
        if "GET" in found and not getattr(resource, "is_stream", False):
            found.setdefault("HEAD", found["GET"])
        return found
