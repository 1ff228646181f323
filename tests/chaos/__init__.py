"""Chaos: a fleet uses the real system while a schedule of faults breaks it, and checkers look for a broken promise.

`place` starts the servers, two public apps, the internal app and two listeners, with a bad network between them.
`faults` is the catalogue of what can break, `schedule` draws from it by a seed, `history` writes down each request and
what its client was told, `checks` looks for what can't be, and `run` puts them together.
"""
