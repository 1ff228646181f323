"""What a process tells of itself: logs, metrics, and how a fault is told."""
