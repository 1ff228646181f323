"""What keeps the listener going: connections, notifications, leadership, sweeps, health."""
