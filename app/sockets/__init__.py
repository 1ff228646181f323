"""The WebSocket: its frames, one socket, the hub of an instance, and leases that tell the others who is connected."""
