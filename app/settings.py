"""Every environment variable, grouped by who needs it and validated together.

A command reads only its own group, so that `migrate` needs `DATABASE_URL` alone. All that is missing or wrong is
reported together, in one line for each fault. `.env.example` documents each setting.
"""

import ipaddress
import json
import platform
import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import limits
import psycopg
import valkey.exceptions
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.valkey.endpoint import Endpoint

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MINIMUM_JWT_SECRET_BYTES = 32
MINIMUM_WEBHOOK_TOKEN_LENGTH = 16
_HASH_TAG = re.compile(r"\{[^}]+\}")
# What the extra `otel` brings.
_FOR_TRACES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
VALKEY_SCHEMES = ("valkey", "valkeys", "redis", "rediss", "valkey+sentinel", "valkey+cluster")


class SettingsError(Exception):
    """Settings that can't be used: `faults` holds one line for each, written for people."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _require_host_names(hosts: Iterable[str]) -> None:
    for host in hosts:
        try:
            host.encode("idna")
        except UnicodeError:
            raise ValueError(
                f"names a host that can't be: {host!r} has an empty part, or one of more than 63 characters"
            ) from None


def _postgres_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    try:
        parts = conninfo_to_dict(value)
    except (psycopg.ProgrammingError, UnicodeError):
        # libpq's message quotes the text that it could not read, which may hold a password.
        raise ValueError("must be an address such as postgresql://user:password@host:5432/database") from None
    _require_host_names(host for host in str(parts.get("host", "")).split(",") if not host.startswith(("/", "@")))
    return value


def _valkey_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in VALKEY_SCHEMES:
        raise ValueError(f"must begin with one of {', '.join(scheme + '://' for scheme in VALKEY_SCHEMES)}")
    if not parts.netloc:
        raise ValueError("must name a host")
    if parts.scheme == "valkey+sentinel" and not parts.path.strip("/"):
        raise ValueError("must name the master: valkey+sentinel://host1,host2/master")
    if "+" not in parts.scheme and not parts.path.strip("/").isdecimal() and parts.path.strip("/"):
        raise ValueError("must end with the number of a database, such as /0, or with the host")
    try:
        endpoint = Endpoint.parse(value)
        endpoint.tls_context()
    except (ValueError, OSError, valkey.exceptions.ValkeyError) as error:
        raise ValueError(f"can't be understood: {error}") from None
    _require_host_names(address.host for address in endpoint.addresses)
    return value


def _valkey_key_prefix(value: str, info: ValidationInfo) -> str:
    if str(info.data.get("valkey_url", "")).startswith("valkey+cluster") and not _HASH_TAG.search(value):
        raise ValueError("needs a hash tag such as {halo}: to keep all keys in one slot of the cluster")
    return value


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else None
    except ValueError:  # a port that is no number, or a bracket that is not closed
        host = None
    if not host:
        raise ValueError("must be an address such as https://host/path")
    _require_host_names([host])
    return value


def _jwt_secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < MINIMUM_JWT_SECRET_BYTES:
        raise ValueError(f"must be at least {MINIMUM_JWT_SECRET_BYTES} bytes; make one with: openssl rand -base64 48")
    return value


def _rate(value: str) -> str:
    try:
        limits.parse(value)
    except ValueError:
        raise ValueError('must be a rate such as "5 per 10 minutes"') from None
    return value


def _api_workers(value: int) -> int:
    if value > 1 and platform.system() != "Linux":
        raise ValueError("must be 1 here: only Linux deals the connections of a port out to several processes")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if value != "*" and (parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("must be origins such as https://app.example, separated by commas, or *")
    return value


def _cors_origins(value: object, info: ValidationInfo) -> object:
    if value is None:
        return ["*"] if info.data.get("app_env") == "development" else []
    return _comma_separated(value)


def _small(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _xendit_secret_key(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if info.data.get("xendit_enabled") and not (value and value.get_secret_value()):
        raise ValueError("is missing; XENDIT_ENABLED=true needs it")
    return value


def _xendit_webhook_token(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    token = value.get_secret_value() if value else ""
    if info.data.get("xendit_enabled") and len(token) < MINIMUM_WEBHOOK_TOKEN_LENGTH:
        raise ValueError(f"must be at least {MINIMUM_WEBHOOK_TOKEN_LENGTH} characters; XENDIT_ENABLED=true needs it")
    return value


def _otp_provider(value: str, info: ValidationInfo) -> str:
    if value != "http" and info.data.get("app_env") != "development":
        raise ValueError(f"{value} is for APP_ENV=development only; use http")
    return value


def _otp_http_url(value: str | None, info: ValidationInfo) -> str | None:
    if value is None and info.data.get("otp_provider") == "http":
        raise ValueError("is missing; OTP_PROVIDER=http needs the address of the gateway that delivers the codes")
    return value


def _otlp_endpoint(value: str | None) -> str | None:
    try:
        is_there = value is None or all(find_spec(name) is not None for name in _FOR_TRACES)
    except ModuleNotFoundError:  # not even the package above it
        is_there = False
    if not is_there:
        raise ValueError("needs what sends traces: pip install 'halobestie[otel]', or unset it")
    return value


def _firebase_credentials(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        from google.oauth2 import service_account  # takes 0.1 s, so it is loaded only where pushes are sent

        given = json.loads(Path(value).read_bytes())
        account = given if isinstance(given, dict) and given.get("type") == "service_account" else {}
        service_account.Credentials.from_service_account_info(account)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not the key of a service account"
        raise ValueError(f"must be a file with the credentials of a Firebase service account: {why}") from None
    if not account.get("project_id"):
        raise ValueError("must be credentials that name their project (project_id)")
    return value


PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]
ValkeyUrl = Annotated[str, AfterValidator(_valkey_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
JwtSecret = Annotated[SecretStr, AfterValidator(_jwt_secret)]
Rate = Annotated[str, AfterValidator(_rate)]
LogFormat = Literal["json", "console"]
OtpProvider = Literal["console", "fixed", "http"]
Origin = Annotated[str, AfterValidator(_origin)]
Port = Annotated[int, Field(ge=1, le=65535)]
PortOrOff = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
SecondsOrOff = Annotated[float, Field(ge=0)]


class Settings(BaseSettings):
    """What every command reads: its environment, and how it logs."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    app_env: Literal["production", "development"] = "production"
    log_format: LogFormat = "json"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_small)] = "info"

    @property
    def is_production(self) -> bool:
        """Whether to refuse what is only for development."""
        return self.app_env == "production"


class DatabaseSettings(Settings):
    """PostgreSQL, which holds the truth."""

    database_url: PostgresUrl
    listen_database_url: PostgresUrl | None = None
    database_prepare: Literal["on", "off"] | None = None

    @property
    def listening_url(self) -> str:
        """Where the listener's LISTEN session goes: to PostgreSQL itself, whatever DATABASE_URL leads to."""
        return self.listen_database_url or self.database_url

    @property
    def listening_setting(self) -> str:
        """The setting that says so."""
        return "LISTEN_DATABASE_URL" if self.listen_database_url else "DATABASE_URL"

    @property
    def prepare(self) -> bool | None:
        """Whether PostgreSQL may prepare statements; None = yes, unless a pooler is found."""
        if self.database_prepare is not None:
            return self.database_prepare == "on"
        return None if self.listen_database_url is None else False


class ValkeySettings(Settings):
    """Valkey, which holds what is asked often."""

    valkey_url: ValkeyUrl
    valkey_key_prefix: Annotated[str, AfterValidator(_valkey_key_prefix), Field(validate_default=True)] = ""
    valkey_timeout_ms: Annotated[int, Field(gt=0)] = 50


class StoreSettings(DatabaseSettings, ValkeySettings):
    """PostgreSQL and Valkey: all that the mirror's commands need."""


class XenditSettings(Settings):
    """Xendit, the payment provider. While it is off, payments are confirmed by hand, and only in development."""

    xendit_enabled: bool = False
    xendit_secret_key: Annotated[SecretStr | None, AfterValidator(_xendit_secret_key), Field(validate_default=True)] = (
        None
    )
    xendit_webhook_token: SecretStr | None = None
    """What Xendit's webhooks carry; only the public app, where they come, needs it."""
    xendit_base_url: HttpUrl = "https://api.xendit.co"
    xendit_verify: bool = True
    xendit_return_url: HttpUrl | None = None


class TokenSettings(Settings):
    """Secrets that sign access tokens. Old secrets only verify: the secret can change, and nobody is signed out."""

    auth_jwt_secret: JwtSecret
    auth_jwt_old_secrets: Annotated[list[JwtSecret], NoDecode, BeforeValidator(_comma_separated)] = []


class TracedSettings(Settings):
    """Where the traces of a process go: the address of an OTLP collector. Without one there are none."""

    otel_exporter_otlp_endpoint: Annotated[HttpUrl | None, AfterValidator(_otlp_endpoint)] = None


class WebSettings(StoreSettings, TokenSettings, XenditSettings, TracedSettings):
    """What both HTTP apps need."""

    refresh_address_rate: Rate = "300 per minute"
    trusted_proxies: Annotated[list[Network], NoDecode, BeforeValidator(_comma_separated)] = []


class ApiSettings(WebSettings):
    """The public app."""

    api_workers: Annotated[int, Field(ge=1, le=64), AfterValidator(_api_workers)] = 1
    public_host: str = "0.0.0.0"  # noqa: S104  # everybody may reach the public app
    public_port: Annotated[Port, Field(validation_alias=AliasChoices("public_port", "port"))] = 3000
    internal_host: str = "127.0.0.1"
    internal_port: Port = 3001
    """Where the control centre is: `/demo`, in development alone, links to it."""
    metrics_host: str = "127.0.0.1"
    metrics_port: PortOrOff = 3003
    fast_path: bool = True
    """Whether heartbeats and beacons are answered without the framework."""
    cors_origins: Annotated[list[Origin], NoDecode, BeforeValidator(_cors_origins), Field(validate_default=True)] = None  # type: ignore[assignment]  # the validator makes it * in development, else empty
    otp_provider: Annotated[OtpProvider, AfterValidator(_otp_provider), Field(validate_default=True)] = "http"
    otp_http_url: Annotated[HttpUrl | None, AfterValidator(_otp_http_url), Field(validate_default=True)] = None
    otp_fixed_code: Annotated[str, Field(pattern=r"^\d{6}$")] = "000000"
    xendit_webhook_token: Annotated[
        SecretStr | None, AfterValidator(_xendit_webhook_token), Field(validate_default=True)
    ] = None
    otp_phone_rate: Rate = "5 per 10 minutes"
    otp_address_rate: Rate = "30 per hour"
    otp_verify_address_rate: Rate = "60 per hour"
    anonymous_address_rate: Rate = "30 per hour"
    payment_request_rate: Rate = "20 per 10 minutes"
    message_rate: Rate = "60 per 10 seconds"


class InternalSettings(WebSettings):
    """The control centre's app."""

    internal_host: str = "127.0.0.1"
    internal_port: Port = 3001
    login_address_rate: Rate = "30 per 10 minutes"


class ListenerSettings(StoreSettings, XenditSettings, TracedSettings):
    """The listener."""

    listener_host: str = "127.0.0.1"
    listener_port: Port = 3002
    leader_retry_seconds: Seconds = 2
    mitra_auto_offline_sweep_seconds: Seconds = 30
    heartbeat_mirror_interval_seconds: Seconds = 60
    valkey_online_mirror_sweep_seconds: SecondsOrOff = 300
    payment_sweep_seconds: Seconds = 60
    firebase_credentials: Annotated[str | None, AfterValidator(_firebase_credentials)] = None


Group = TypeVar("Group", bound=Settings)

# Texts for people, by pydantic's kind of fault: its own texts name types, these say what to do.
_SENTENCES = {
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "must be six digits",
    "ip_v4_network": "must be networks such as 10.0.0.0/8, separated by commas",
    "ip_v6_network": "must be networks such as 10.0.0.0/8, separated by commas",
}


def load(group: type[Group], **overrides: Any) -> Group:  # the fields have many types
    """Read one group from the environment and `.env`; `overrides` go before both.

    Raises SettingsError with one line for each setting that is missing or wrong. A line never shows the value, which
    may be a secret.
    """
    try:
        return group(**overrides)
    except ValidationError as error:
        # pydantic finds a fault in each part of a union or list; people want one line for each setting.
        faults = {_fault(fault["type"], fault["loc"], fault["msg"]): None for fault in error.errors()}
        raise SettingsError(list(faults)) from None


def _fault(kind: str, location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]).upper()
    sentence = _SENTENCES.get(kind) or message.removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{name}: {sentence}"
