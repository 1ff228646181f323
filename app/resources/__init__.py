"""What the addresses of both apps do; one module a topic, a responder a few lines."""
