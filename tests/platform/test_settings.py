"""Settings: only what a command needs, every fault at once, one line each, and no secret in it."""

import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer

from app.cli.commands import cli
from app.development.settings import RunSettings
from app.settings import (
    ApiSettings,
    DatabaseSettings,
    InternalSettings,
    ListenerSettings,
    Settings,
    SettingsError,
    ValkeySettings,
    load,
)
from app.valkey.endpoint import Endpoint
from tests.support.command import halobestie_in
from tests.support.ground import inherited

WHOLE_API = {
    "DATABASE_URL": "postgresql://halo_app@localhost/halobestie",
    "VALKEY_URL": "valkey://localhost:6379/0",
    "AUTH_JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "OTP_HTTP_URL": "https://gateway.example/otp",
}


@pytest.fixture(autouse=True)
def _no_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is empty, on whatever servers this run of the suite is."""
    for name in inherited():
        monkeypatch.delenv(name)


def faults(monkeypatch: pytest.MonkeyPatch, group: type[Settings], environment: Mapping[str, str]) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(group)
    return caught.value.faults


def test_whatever_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(faults(monkeypatch, ApiSettings, {})) == [
        "AUTH_JWT_SECRET: is missing",
        "DATABASE_URL: is missing",
        "OTP_HTTP_URL: is missing; OTP_PROVIDER=http needs the address of the gateway that delivers the codes",
        "VALKEY_URL: is missing",
    ]


def test_a_command_asks_for_nothing_that_another_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", WHOLE_API["DATABASE_URL"])
    assert load(DatabaseSettings).database_url == WHOLE_API["DATABASE_URL"]


def test_production_is_the_default_and_has_the_documented_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE_API.items():
        monkeypatch.setenv(name, value)
    api, internal, listener = load(ApiSettings), load(InternalSettings), load(ListenerSettings)
    assert api.is_production
    assert (api.public_host, api.public_port) == ("0.0.0.0", 3000)
    assert (internal.internal_host, internal.internal_port) == ("127.0.0.1", 3001)
    assert (listener.listener_host, listener.listener_port) == ("127.0.0.1", 3002)
    assert (api.valkey_timeout_ms, api.valkey_key_prefix, api.xendit_enabled) == (50, "", False)
    assert listener.mitra_auto_offline_sweep_seconds == 30
    assert listener.heartbeat_mirror_interval_seconds == 60
    assert listener.valkey_online_mirror_sweep_seconds == 300
    assert listener.payment_sweep_seconds == 60
    assert listener.leader_retry_seconds == 2


def test_an_empty_value_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, DatabaseSettings, {"DATABASE_URL": ""}) == ["DATABASE_URL: is missing"]


@pytest.mark.parametrize("group", [ApiSettings, InternalSettings, ListenerSettings])
def test_xendit_needs_a_key_and_where_webhooks_come_a_long_token(
    monkeypatch: pytest.MonkeyPatch, group: type[Settings]
) -> None:
    environment = {**WHOLE_API, "XENDIT_ENABLED": "true", "XENDIT_WEBHOOK_TOKEN": "fifteen-letters"}
    token = ["XENDIT_WEBHOOK_TOKEN: must be at least 16 characters; XENDIT_ENABLED=true needs it"]
    assert faults(monkeypatch, group, environment) == [
        "XENDIT_SECRET_KEY: is missing; XENDIT_ENABLED=true needs it",
        *(token if group is ApiSettings else []),
    ]


def test_a_level_of_logs_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    assert load(Settings).log_level == "info"


@pytest.mark.parametrize("provider", ["fixed", "console"])
def test_development_codes_are_refused_in_production(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    environment = {**WHOLE_API, "OTP_PROVIDER": provider}
    assert faults(monkeypatch, ApiSettings, environment) == [
        f"OTP_PROVIDER: {provider} is for APP_ENV=development only; use http"
    ]
    monkeypatch.setenv("APP_ENV", "development")
    assert load(ApiSettings).otp_provider == provider


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("APP_ENV", "staging", "must be 'production' or 'development'"),
        ("DATABASE_URL", "mysql://localhost/x", "must begin with postgresql://"),
        (
            "DATABASE_URL",
            "postgresql://halo@db..internal/x",
            "names a host that can't be: 'db..internal' has an empty part, or one of more than 63 characters",
        ),
        (
            "VALKEY_URL",
            "valkey+sentinel://a,valkey..internal/master",
            "names a host that can't be: 'valkey..internal' has an empty part, or one of more than 63 characters",
        ),
        (
            "LISTEN_DATABASE_URL",
            f"postgresql://{'a' * 64}/x",
            f"names a host that can't be: '{'a' * 64}' has an empty part, or one of more than 63 characters",
        ),
        (
            "XENDIT_BASE_URL",
            "https://api..xendit.co",
            "names a host that can't be: 'api..xendit.co' has an empty part, or one of more than 63 characters",
        ),
        (
            "OTP_HTTP_URL",
            f"https://{'a' * 64}.example/otp",
            f"names a host that can't be: '{'a' * 64}.example' has an empty part, or one of more than 63 characters",
        ),
        ("XENDIT_BASE_URL", "https://api.example:99999", "must be an address such as https://host/path"),
        ("XENDIT_RETURN_URL", "https://[::1/", "must be an address such as https://host/path"),
        (
            "DATABASE_URL",
            "postgresql://u:%ff@localhost/x",
            "must be an address such as postgresql://user:password@host:5432/database",
        ),
        (
            "DATABASE_URL",
            "postgresql://u:hush@[::1/x",
            "must be an address such as postgresql://user:password@host:5432/database",
        ),
        (
            "VALKEY_URL",
            "http://localhost",
            "must begin with one of valkey://, valkeys://, redis://, rediss://, valkey+sentinel://, valkey+cluster://",
        ),
        ("VALKEY_URL", "valkey+sentinel://a,b", "must name the master: valkey+sentinel://host1,host2/master"),
        ("VALKEY_URL", "valkey:///0", "must name a host"),
        ("VALKEY_URL", "valkey://h/abc", "must end with the number of a database, such as /0, or with the host"),
        (
            "VALKEY_URL",
            "valkey://h:notaport",
            "can't be understood: Port could not be cast to integer value as 'notaport'",
        ),
        (
            "VALKEY_URL",
            "valkeys://h?ssl_cert_reqs=bogus",
            "can't be understood: Invalid SSL Certificate Requirements Flag: bogus",
        ),
        ("VALKEY_TIMEOUT_MS", "soon", "must be a whole number"),
        ("CORS_ORIGINS", "app.example", "must be origins such as https://app.example, separated by commas, or *"),
        (
            "CORS_ORIGINS",
            "https://a.example/",
            "must be origins such as https://app.example, separated by commas, or *",
        ),
        ("METRICS_PORT", "-1", "must be greater than or equal to 0"),
        ("PUBLIC_PORT", "70000", "must be less than or equal to 65535"),
        (
            "AUTH_JWT_SECRET",
            "hush",
            "must be at least 32 bytes; make one with: openssl rand -base64 48",
        ),
        (
            "AUTH_JWT_OLD_SECRETS",
            "0123456789abcdef0123456789abcdef,hush",
            "must be at least 32 bytes; make one with: openssl rand -base64 48",
        ),
        ("OTP_FIXED_CODE", "12345", "must be six digits"),
        ("OTP_PHONE_RATE", "often", 'must be a rate such as "5 per 10 minutes"'),
        ("XENDIT_VERIFY", "perhaps", "must be true or false"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,nowhere", "must be networks such as 10.0.0.0/8, separated by commas"),
    ],
)
def test_a_wrong_value_is_one_line_that_says_what_it_must_be_and_hides_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    found = faults(monkeypatch, ApiSettings, {**WHOLE_API, name: value})
    assert found == [f"{name}: {fault}"]
    assert "hush" not in "".join(found)


@pytest.mark.parametrize(
    "url",
    [
        "valkey://h:6379/0",
        "valkeys://u:p@h/1",
        "redis://h",
        "rediss://h",
        "valkey+sentinel://h1:26379,h2:26379/master",
        "valkey+cluster://h1,h2",
    ],
)
def test_every_valkey_scheme_is_understood(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("VALKEY_URL", url)
    monkeypatch.setenv("VALKEY_KEY_PREFIX", "{halo}:")
    assert load(ValkeySettings).valkey_url == url


def test_a_cluster_needs_a_hash_tag_in_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, ValkeySettings, {"VALKEY_URL": "valkey+cluster://h", "VALKEY_KEY_PREFIX": "halo:"}) == [
        "VALKEY_KEY_PREFIX: needs a hash tag such as {halo}: to keep all keys in one slot of the cluster"
    ]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("valkey://h?max_lag=5", "VALKEY_URL: can't be understood: it has no option max_lag, only ssl, ssl_ca_certs"),
        ("valkey://h?socket_timeout=5", "VALKEY_URL: can't be understood: it has no option socket_timeout, only ssl"),
        ("valkey://h?sentinel_password=hush", "VALKEY_URL: can't be understood: it has no option sentinel_password"),
    ],
)
def test_an_option_that_valkey_url_does_not_have_is_one_line(
    monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    (fault,) = faults(monkeypatch, ValkeySettings, {"VALKEY_URL": url})
    assert fault.startswith(says)
    assert "hush" not in fault


def test_a_collector_of_traces_needs_the_extra_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    for name, value in {**WHOLE_API, **collector}.items():
        monkeypatch.setenv(name, value)
    assert load(ApiSettings).otel_exporter_otlp_endpoint == collector["OTEL_EXPORTER_OTLP_ENDPOINT"]
    (fault,) = faults(monkeypatch, ApiSettings, {"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318"})
    assert fault == "OTEL_EXPORTER_OTLP_ENDPOINT: must be an address such as https://host/path"
    monkeypatch.setattr("app.settings._FOR_TRACES", ("opentelemetry_that_is_missing.sdk",))
    (fault,) = faults(monkeypatch, ApiSettings, collector)
    assert fault == (
        "OTEL_EXPORTER_OTLP_ENDPOINT: needs what sends traces: pip install 'halobestie[otel]', or unset it"
    )


def test_tls_without_verification_and_sentinels_with_a_password_are_understood() -> None:
    unverified = Endpoint.parse("rediss://h?ssl_cert_reqs=none").tls_context()
    assert unverified is not None
    assert (unverified.verify_mode, unverified.check_hostname) == (ssl.CERT_NONE, False)
    verified = Endpoint.parse("rediss://h").tls_context()
    assert verified is not None
    assert (verified.verify_mode, verified.check_hostname) == (ssl.CERT_REQUIRED, True)
    endpoint = Endpoint.parse("valkey+sentinel://:server@h1,h2/main?sentinel_password=sentinel&sentinel_username=me")
    assert endpoint.options == {"password": "server"}
    client = endpoint.sentinel(socket_timeout=1)
    assert client.connection_kwargs["password"] == "server"
    (first, _) = client.sentinels
    theirs = first.connection_pool.connection_kwargs
    assert (theirs["username"], theirs["password"], theirs["socket_timeout"]) == ("me", "sentinel", 1)


def test_the_port_that_cloud_run_sets_is_the_public_one_unless_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**WHOLE_API, "PORT": "8080"}.items():
        monkeypatch.setenv(name, value)
    assert load(ApiSettings).public_port == 8080
    assert load(InternalSettings).internal_port == 3001
    monkeypatch.setenv("PUBLIC_PORT", "4000")
    assert load(ApiSettings).public_port == 4000


def test_origins_are_none_in_production_all_in_development_and_otherwise_those_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in WHOLE_API.items():
        monkeypatch.setenv(name, value)
    assert load(ApiSettings).cors_origins == []
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, http://localhost:5173")
    assert load(ApiSettings).cors_origins == ["https://a.example", "http://localhost:5173"]
    monkeypatch.setenv("CORS_ORIGINS", "")
    monkeypatch.setenv("APP_ENV", "development")
    assert load(ApiSettings).cors_origins == ["*"]


@pytest.mark.parametrize(
    "command",
    [
        ["api"],
        ["internal"],
        ["listener"],
        ["migrate"],
        ["run"],
        ["seed-demo"],
        ["doctor"],
        ["simulate"],
        ["mirror", "check"],
        ["config", "get"],
        ["create-admin", "a@b.example"],
    ],
)
def test_an_app_env_that_is_none_ends_every_command_in_a_line(tmp_path: Path, command: list[str]) -> None:
    ended = halobestie_in(tmp_path, *command, APP_ENV="prod", ADMIN_PASSWORD="x" * 20, **WHOLE_API)
    assert ended.returncode == 2, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("APP_ENV: must be 'production' or 'development'")


def test_tools_look_for_a_run_where_the_env_file_says_that_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATA_DIR=elsewhere\n")
    asked = halobestie_in(tmp_path, "logs", "session", "00000000-0000-4000-8000-000000000001")
    assert "No `halobestie run` has left logs in elsewhere/logs." in asked.stderr


def test_every_setting_is_documented_in_the_example() -> None:
    text = (Path(__file__).parents[2] / ".env.example").read_text()
    documented = {line.split("=")[0] for line in text.splitlines() if "=" in line and not line.startswith("#")}
    groups: list[type[Settings]] = [ApiSettings, InternalSettings, ListenerSettings, RunSettings]
    of_commands = {
        name
        for command in typer.main.get_command(cli).commands.values()  # type: ignore[attr-defined]  # it is a group
        for parameter in command.params
        if isinstance(name := parameter.envvar, str)
    }
    assert "ADMIN_PASSWORD" in of_commands
    assert documented == of_commands | {name.upper() for group in groups for name in group.model_fields}


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("api", {"DATABASE_URL", "VALKEY_URL", "AUTH_JWT_SECRET", "OTP_HTTP_URL"}),
        ("internal", {"DATABASE_URL", "VALKEY_URL", "AUTH_JWT_SECRET"}),
        ("listener", {"DATABASE_URL", "VALKEY_URL"}),
        ("migrate", {"DATABASE_URL"}),
        ("seed-demo", {"DATABASE_URL"}),
    ],
)
def test_a_command_without_its_settings_ends_with_one_line_for_each(
    tmp_path: Path, command: str, missing: set[str]
) -> None:
    ended = halobestie_in(tmp_path, command)
    assert ended.returncode == 2
    assert {line.split(":")[0] for line in ended.stderr.splitlines()} == missing
    assert ended.stdout == ""
