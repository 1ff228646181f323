"""The settings of `halobestie run` and `seed-demo`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from app.settings import DatabaseSettings, LogFormat, OtpProvider, Port, PortOrOff, PostgresUrl, Settings, ValkeyUrl


def _not_production(value: str) -> str:
    if value == "production":
        raise ValueError(
            "production is refused by this command, which makes a login that everybody knows and code 000000;"
            " use migrate, create-admin, api, internal and listener"
        )
    return value


DevelopmentOnly = Annotated[
    Literal["production", "development"], AfterValidator(_not_production), Field(validate_default=True)
]


class SeedSettings(DatabaseSettings):
    """Settings of `seed-demo`."""

    app_env: DevelopmentOnly = "development"


class DataSettings(Settings):
    """Where `halobestie run` keeps what it has, and tools find its run."""

    data_dir: Path = Path(".halobestie")


class RunSettings(DataSettings):
    """Settings of `halobestie run`; all may be left out."""

    app_env: DevelopmentOnly = "development"
    log_format: LogFormat = "console"
    simulate: bool = True
    database_url: PostgresUrl | None = None
    valkey_url: ValkeyUrl | None = None
    auth_jwt_secret: SecretStr | None = None
    otp_provider: OtpProvider = "fixed"
    public_host: str = "127.0.0.1"
    """Loopback: the code of every login is 000000. Phones on the same network need PUBLIC_HOST=0.0.0.0."""
    public_port: Port = 3000
    internal_host: str = "127.0.0.1"
    internal_port: Port = 3001
    listener_host: str = "127.0.0.1"
    listener_port: Port = 3002
    metrics_port: PortOrOff = 3003
