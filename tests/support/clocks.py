"""Clocks that are wrong."""

import os
from pathlib import Path


def libfaketime() -> str | None:
    """Debian's libfaketime; None where it is not installed."""
    library = Path(f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketimeMT.so.1")
    return str(library) if library.exists() else None
