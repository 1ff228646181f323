"""What a process checks and settles before it opens its ports, and what it checks while it serves."""
