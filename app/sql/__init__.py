"""The functions of the database as typed Python functions, grouped by area."""
