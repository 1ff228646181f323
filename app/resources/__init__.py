"""What the addresses of both apps do: one module for each topic, a few lines for each responder."""
