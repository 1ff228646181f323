"""The WebSocket: its frames, one socket, and the hub and the leases of an instance."""
