"""`python -m app` is `halobestie`."""

from app.cli import main

main()
