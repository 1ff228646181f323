"""The figures of this moment for all who watch them: one look a second, whoever looks and however many."""
