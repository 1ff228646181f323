"""What the simulated fleet needs to know: where this machine's apps listen, and the stores it checks at its end."""

from typing import Annotated

from pydantic import Field

from app.settings import Port, StoreSettings


class SimulationSettings(StoreSettings):
    """A fleet on this machine's own apps, through 127.0.0.1."""

    public_port: Port = 3000
    internal_port: Port = 3001
    otp_fixed_code: Annotated[str, Field(pattern=r"^\d{6}$")] = "000000"
