"""What a process says about itself: logs, metrics, and how faults are logged."""
