"""The payment provider: its client, and what goes on between it and the database."""
