"""What makes a process ready before it opens its ports, and what it looks at while it serves."""
