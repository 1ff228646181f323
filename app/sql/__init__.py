"""One thin typed function per SQL function, grouped by area."""
