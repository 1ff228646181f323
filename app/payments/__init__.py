"""The payment provider: its client, and the way between it and the database."""
