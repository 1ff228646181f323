"""`halobestie simulate`: a fleet of mitras and customers that uses the real API."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.cli.here import configure_tool_logs, load_here
from app.wire.connection_limits import raise_file_limit


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(simulate)


def simulate(
    mitras: Annotated[int, typer.Option(min=1, help="How many mitras work.")] = 20,
    customers: Annotated[int, typer.Option(min=1, help="How many customers come, each again and again.")] = 40,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long; without it, until Ctrl-C.")] = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Start everything for it, on free ports, and stop it afterwards.")
    ] = False,
) -> None:
    """Drive mitras and customers through the apps of this machine, and check the promises at the end.

    Exit code 1 when an event or a message was lost, an invariant violated, or the mirror differs from PostgreSQL.
    """
    if from_nothing:
        raise typer.Exit(_from_nothing(mitras, customers, seconds))
    from app.simulation import simulate as run_fleet
    from app.simulation.settings import SimulationSettings

    settings = load_here(SimulationSettings)
    configure_tool_logs(settings, process="simulate")
    raise_file_limit()  # each customer and mitra has a socket and a connection for HTTP
    raise typer.Exit(asyncio.run(run_fleet(settings, mitras=mitras, customers=customers, seconds=seconds)))


def _from_nothing(mitras: int, customers: int, seconds: float | None) -> int:
    from app.development.processes import free_port
    from app.development.settings import RunSettings
    from app.development.supervisor import supervise
    from app.settings import load

    arguments = ["--mitras", str(mitras), "--customers", str(customers)]
    if seconds is not None:
        arguments += ["--seconds", str(seconds)]
    with TemporaryDirectory(prefix="halobestie-") as directory:
        settings = load(
            RunSettings,
            data_dir=Path(directory),
            public_port=free_port(),
            internal_port=free_port(),
            listener_port=free_port(),
            metrics_port=0,
            otp_provider="fixed",  # the fleet has no phone to read another code on
        )
        return supervise(settings, simulation=arguments)
