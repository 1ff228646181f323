"""What the listener does: one module a concern, each of which reads once and passes it on."""
