"""What `halobestie run` may be told; everything else it decides."""

from pathlib import Path

from pydantic import SecretStr

from app.settings import Port, PostgresUrl, Settings, ValkeyUrl


class RunSettings(Settings):
    """Settings of the development command, none of them needed."""

    data_dir: Path = Path(".halobestie")
    simulate: bool = True
    database_url: PostgresUrl | None = None
    valkey_url: ValkeyUrl | None = None
    auth_jwt_secret: SecretStr | None = None
    public_host: str = "0.0.0.0"  # noqa: S104  # phones on the same network may try the app
    public_port: Port = 3000
    internal_host: str = "127.0.0.1"
    internal_port: Port = 3001
    listener_host: str = "127.0.0.1"
    listener_port: Port = 3002
