"""Halobestie: Python carries requests to the database's functions and their answers back."""
