"""What the listener does: a module for each concern."""
