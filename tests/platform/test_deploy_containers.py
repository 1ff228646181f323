"""The image's recipe, the compose file, Cloud Run's services and the units' settings: valid, and safe as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from app.development.postgres import EmbeddedPostgres, psql_path
from app.settings import ApiSettings, DatabaseSettings, InternalSettings, ListenerSettings, Settings, load
from tests.support.command import ROOT

DEPLOY = ROOT / "deploy"
GROUPS: dict[str, type[Settings]] = {
    "api": ApiSettings,
    "internal": InternalSettings,
    "listener": ListenerSettings,
    "migrate": DatabaseSettings,
}
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}
SECRET = "0123456789abcdef" * 3
CLOUD_RUN = {name: yaml.safe_load((DEPLOY / "cloud-run" / f"{name}.yaml").read_text()) for name in GROUPS}


def tool(name: str) -> str:
    """A program that a package of the `test` extra brings."""
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        pytest.skip(f"{name} is not installed beside Python: install this project with its `test` extra")
    return str(found)


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def require_settings(monkeypatch: pytest.MonkeyPatch, name: str, environment: dict[str, str]) -> None:
    """The process would start with this environment: it knows every name, and takes every value."""
    group = GROUPS[name]
    known = {setting.upper() for setting in group.model_fields} | {"PORT"}
    assert set(environment) <= known | {"APP_ENV"}, name
    with monkeypatch.context() as patch:
        for setting, value in environment.items():
            patch.setenv(setting, value)
        assert load(group).is_production


def test_the_recipe_of_the_image_has_no_fault() -> None:
    said = run(tool("hadolint"), DEPLOY / "Dockerfile")
    assert said.returncode == 0, said.stdout


def test_the_image_is_one_that_no_root_runs_from_whole_names_and_what_it_copies_is_sent_to_the_builder() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^ARG BASE=(\S+)$", text, re.MULTILINE) == ["docker.io/library/python:3.11-slim-bookworm"]
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE)[-1] == "1000:1000"
    copied = {
        source for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for source in words.split()[:-1]
    }
    sent = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {source.split("/")[0] for source in copied} == sent
    assert all((ROOT / source).exists() for source in copied)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """What compose makes of the file, with every setting of its example filled in."""
    example = (DEPLOY / "compose.env.example").read_text()
    filled = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    filled |= {name: SECRET for name, value in filled.items() if not value}
    filled |= {"OTP_HTTP_URL": "https://gateway.example/otp", "CORS_ORIGINS": "", "XENDIT_RETURN_URL": ""}
    said = run(tool("docker-compose"), "-f", DEPLOY / "compose.yaml", "config", "--format", "json", **filled)
    assert said.stderr == ""  # it exits 0 on faults
    services: dict[str, Any] = json.loads(said.stdout)
    return services


def test_the_compose_file_follows_its_schema() -> None:
    said = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    assert said.returncode == 0, said.stdout


def test_compose_refuses_to_start_without_a_secret() -> None:
    said = run(tool("docker-compose"), "-f", DEPLOY / "compose.yaml", "config", "-q", POSTGRES_PASSWORD="x")
    assert "required variable" in said.stderr


@pytest.mark.parametrize("name", GROUPS)
def test_a_process_in_compose_is_told_what_it_needs_and_may_write_nothing(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    service = compose["services"][name]
    assert service["command"] == [name]
    assert service["user"] == "1000:1000"
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "12s"
    environment = {setting: value for setting, value in service["environment"].items() if value is not None}
    require_settings(monkeypatch, name, environment)
    role = ROLES.get(name, "postgres")
    assert environment["DATABASE_URL"].startswith(f"postgresql://{role}:{SECRET}@postgres:5432/")
    for port in service.get("ports", ()):
        assert port["host_ip"] == "127.0.0.1"


def test_compose_gives_the_roles_their_passwords(compose: dict[str, Any], own_postgres: EmbeddedPostgres) -> None:
    (script,) = compose["services"]["passwords"]["command"]
    script = script.replace("-h postgres ", f"-h 127.0.0.1 -p {own_postgres.port} ").replace(
        "| psql", f"| {psql_path()}"
    )
    said = run("sh", "-euc", script, APP="it's", CC=SECRET, LISTENER=SECRET)
    assert (said.returncode, said.stderr) == (0, "")
    with psycopg.connect(own_postgres.url("halobestie")) as conn:
        given = conn.execute("SELECT rolname FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY 1").fetchall()
    assert [name for (name,) in given] == ["halo_app", "halo_cc", "halo_listener"]


@pytest.mark.parametrize("name", GROUPS)
def test_a_process_in_cloud_run_is_told_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    pod = CLOUD_RUN[name]["spec"]["template"]["spec"]
    (container,) = pod.get("template", {}).get("spec", pod)["containers"]
    assert container["args"][0] == name
    environment = {}
    for variable in container["env"]:
        if "value" in variable:
            value = re.sub("LOAD_BALANCER", "203.0.113.7", variable["value"])
            environment[variable["name"]] = re.sub(r"\b(VALKEY_ADDRESS|GATEWAY)\b", "example.com", value)
        else:
            assert "secretKeyRef" in variable["valueFrom"]
            environment[variable["name"]] = SECRET
    environment["DATABASE_URL"] = (
        f"postgresql://{ROLES.get(name, 'owner')}:{SECRET}@10.0.0.3/halobestie?sslmode=require"
    )
    firebase = environment.pop("FIREBASE_CREDENTIALS", None)
    require_settings(monkeypatch, name, environment)
    if name == "migrate":
        return
    (port,) = (port["containerPort"] for port in container["ports"])
    assert port == {"api": 3000, "internal": 3001, "listener": 3002}[name]
    own = {"api": None, "internal": "INTERNAL_PORT", "listener": "LISTENER_PORT"}[name]
    assert own is None or environment[own] == str(port)
    assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe")} == {port}
    annotations = CLOUD_RUN[name]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["run.googleapis.com/cpu-throttling"] == "false"
    assert int(annotations["autoscaling.knative.dev/minScale"]) >= 1
    assert (firebase is not None) == (name == "listener")


@pytest.mark.parametrize("name", GROUPS)
def test_a_unit_is_told_what_it_needs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings = DEPLOY / "systemd" / "settings"
    (unit,) = (DEPLOY / "systemd").glob(f"halobestie-{name}*.service")
    files = re.findall(r"^EnvironmentFile=/etc/halobestie/(\S+)$", unit.read_text(), re.MULTILINE)
    assert files == ["common.env", f"{name}.env"]
    text = "".join((settings / file).read_text() for file in files)
    environment = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    if name == "migrate":
        environment.pop("VALKEY_URL")
    filled = {key: re.sub(r"\b(SECRET|KEY|TOKEN|PASSWORD)\b", SECRET, value) for key, value in environment.items()}
    require_settings(monkeypatch, name, {key: value.replace("GATEWAY", "example.com") for key, value in filled.items()})
