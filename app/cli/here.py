"""Settings of tools: their own, or else those of the `halobestie run` that runs on this machine."""

from pathlib import Path
from typing import TypeVar

import typer

from app.development.data_directory import addresses_of_run
from app.development.settings import DataSettings
from app.observability import logs
from app.settings import Settings, SettingsError, load

Group = TypeVar("Group", bound=Settings)


def configure_tool_logs(settings: Settings, *, process: str) -> None:
    """Log only warnings, in the form for people: a tool is used by people."""
    quiet = {"log_level": "warning" if settings.log_level == "info" else settings.log_level, "log_format": "console"}
    logs.configure(settings.model_copy(update=quiet), process=process)


def load_here(group: type[Group]) -> Group:
    """Read a tool's settings. If any is missing and `halobestie run` runs on DATA_DIR, use that run's stores.

    Only for tools: processes that serve requests or change a schema must always have settings of their own.
    """
    try:
        return load(group)
    except SettingsError as error:
        try:
            directory = data_directory()
        except SettingsError:
            raise error from None  # its faults are among these
        addresses = addresses_of_run(directory)
        if addresses is None:
            raise
        typer.echo(f"Using the run that lives on {directory}.", err=True)
        return load(group, **{name: value for name, value in addresses.items() if name in group.model_fields})


def is_run_here() -> bool:
    """Whether a `halobestie run` runs on DATA_DIR and is ready; no run is found by settings that are wrong."""
    try:
        return addresses_of_run(data_directory()) is not None
    except SettingsError:
        return False


def data_directory() -> Path:
    """DATA_DIR: where `halobestie run` keeps what it has. Raises SettingsError."""
    return load(DataSettings).data_dir
