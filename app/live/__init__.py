"""The figures of this moment for all who watch them: one look every 0.9 s, whoever looks and however many."""
