"""The demo data: two operators whose password everybody knows, packages, and mitras."""

from collections.abc import Callable

from app.auth.passwords import hash_password
from app.postgres.command import called
from app.postgres.database import Connection
from app.settings import DatabaseSettings
from app.sql import control_centre

DEMO_EMAIL = "admin@halobestie.local"
SECOND_EMAIL = "second@halobestie.local"
"""A second user, who confirms the transfers and payouts of the first."""
DEMO_PASSWORD = "halobestie-demo"  # noqa: S105  # everybody is told

HISTORY_DAYS = 30


async def seed(settings: DatabaseSettings, *, is_embedded: bool = False) -> None:
    """Make the demo data; `is_embedded` says that the database belongs to `halobestie run`.

    Raises INVALID_STATE for any other database that holds more than demo data.
    Source: api.seed_demo, api.create_admin.
    """
    await called(settings, control_centre.seed_demo, is_embedded=is_embedded)
    for email, name in ((DEMO_EMAIL, "Demo admin"), (SECOND_EMAIL, "Second demo admin")):
        if await called(settings, control_centre.cc_credentials, email=email) is None:
            await called(
                settings,
                control_centre.create_admin,
                email=email,
                display_name=name,
                password_hash=hash_password(DEMO_PASSWORD),
                role="super_admin",
            )


async def seed_phones(settings: DatabaseSettings) -> None:
    """Make what people play with at /demo, besides the demo data. Source: api.seed_demo_phones."""
    await called(settings, control_centre.seed_demo_phones)


async def seed_history(settings: DatabaseSettings, made: Callable[[], None]) -> None:
    """Make up the days before today, and today so far, where nothing happened; `made()` is called for each day.

    Source: api.seed_demo_history.
    """

    async def make(conn: Connection) -> None:
        for days_ago in range(HISTORY_DAYS, -1, -1):
            await control_centre.seed_demo_history(conn, days_ago=days_ago)
            made()

    await called(settings, make)
