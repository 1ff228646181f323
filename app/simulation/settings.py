"""Settings of the simulated fleet: the ports of this machine's apps, and the stores that it checks at its end."""

from typing import Annotated

from pydantic import Field

from app.settings import Port, StoreSettings


class SimulationSettings(StoreSettings):
    """The fleet uses the apps of this machine, through 127.0.0.1."""

    public_port: Port = 3000
    internal_port: Port = 3001
    otp_fixed_code: Annotated[str, Field(pattern=r"^\d{6}$")] = "000000"
