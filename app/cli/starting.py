"""Why a command would not start on a database: by the rules that the command itself asks at its start."""

from app.postgres.migrations import MigrationError, require_migratable
from app.readiness.needs import require_database
from app.settings import DatabaseSettings, SettingsError


def why_no_start(command: str, settings: DatabaseSettings) -> str | None:
    """The sentences with which `api`, `internal`, `listener` or `migrate` would end; None when it would start.

    Raises psycopg.Error when the database can't be reached.
    """
    try:
        if command == "migrate":
            require_migratable(settings.database_url)
        else:
            require_database(settings.database_url, process=command)
    except (SettingsError, MigrationError) as error:
        return str(error)
    return None
