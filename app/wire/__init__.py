"""The bytes of a connection: the HTTP and WebSocket protocols, and what one client may cost."""
