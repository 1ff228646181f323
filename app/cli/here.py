"""Settings of the tools used beside a run: where they have none of their own, those of the run that lives here."""

import os
from pathlib import Path
from typing import TypeVar

import typer

from app.development.living import living_run
from app.observability import logs
from app.settings import Settings, SettingsError, load

Group = TypeVar("Group", bound=Settings)


def configure_tool_logs(settings: Settings, *, process: str) -> None:
    """A tool speaks to people: warnings only, in their form."""
    quiet = {"log_level": "warning" if settings.log_level == "info" else settings.log_level, "log_format": "console"}
    logs.configure(settings.model_copy(update=quiet), process=process)


def load_here(group: type[Group]) -> Group:
    """Read a tool's settings; where they lack something and `halobestie run` lives on DATA_DIR, its stores are meant.

    Only for tools: what serves requests or changes a schema is always told where.
    """
    try:
        return load(group)
    except SettingsError:
        addresses = living_run(_data_dir())
        if addresses is None:
            raise
        typer.echo(f"Using the run that lives on {_data_dir()}.", err=True)
        return load(group, **{name: value for name, value in addresses.items() if name in group.model_fields})


def is_run_here() -> bool:
    """Whether `halobestie run` lives on DATA_DIR and is ready."""
    return living_run(_data_dir()) is not None


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or ".halobestie")
