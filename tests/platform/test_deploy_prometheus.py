"""Prometheus itself, with the configuration and the alerts of deploy/, on a listener that has real trouble."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from app.development.processes import free_port
from app.settings import ListenerSettings
from tests.support.command import ROOT
from tests.support.listener_processes import process
from tests.support.market import Market, Person
from tests.support.waiting import until

PROMETHEUS = ROOT / "deploy" / "prometheus"
CAUSED = {"ProcessDown", "ValkeyAway", "MoneyUnaccounted", "RefundsWait"}
QUIET = {"NoListener", "TwoLead", "PostgresNotWritable", "DeadlinesFail", "NotificationQueueFills", "EpochPlanted"}


def of_deploy(place: Path, targets: dict[str, int]) -> Path:
    """The configuration with these targets, each second, and with alerts that are not waited for."""
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    del configuration["alerting"]
    for job in configuration["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{targets[job['job_name']]}"]}]
    alerts = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
    for group in alerts["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    (place / "alerts.yml").write_text(yaml.safe_dump(alerts))
    file = place / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    return file


@pytest.fixture
def firing(listener_settings: ListenerSettings, tmp_path: Path) -> Iterator[set[str]]:
    """The alerts that fire, as Prometheus tells them, once there are as many as are caused."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("this machine has no prometheus (Debian: apt-get install prometheus)")
    without_valkey = listener_settings.model_copy(update={"valkey_url": f"valkey://127.0.0.1:{free_port()}/0"})
    with process(without_valkey, tmp_path / "listener.log") as listener:
        nobody = free_port()
        targets = {"halobestie-api": nobody, "halobestie-internal": nobody, "halobestie-listener": listener.port}
        port, log = free_port(), (tmp_path / "prometheus.log").open("wb")
        command = [
            program,
            f"--config.file={of_deploy(tmp_path, targets)}",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        running = subprocess.Popen(command, stdout=log, stderr=log)

        def fire() -> set[str]:
            assert running.poll() is None, (tmp_path / "prometheus.log").read_text()
            try:
                told = httpx.get(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=5, trust_env=False).json()
            except (httpx.TransportError, ValueError):
                return set()
            return {alert["labels"]["alertname"] for alert in told["data"]["alerts"] if alert["state"] == "firing"}

        try:
            # before its first look, Prometheus knows of no listener
            until(lambda: CAUSED <= fire() - {"NoListener"} == fire(), f"what is caused fires: {CAUSED}", seconds=60)
            yield fire()
        finally:
            running.terminate()
            running.wait(20)
            log.close()


@pytest.fixture
def trouble(market: Market, customer: Person) -> None:
    """A refund that has been owed for three days, and money that the totals miss."""
    payment = market.owed(customer)
    market.value(
        "UPDATE core.chat_sessions SET ended_at = clock_timestamp() - interval '3 days'"
        " WHERE id = (SELECT session_id FROM core.payment_requests WHERE id = %s) RETURNING 1",
        payment,
    )
    missing = "INSERT INTO core.figure_changes (metric, at, bucket, value) VALUES ('money_kept', '-infinity', 0, -7)"
    market.value(f"{missing} RETURNING 1")


@pytest.mark.usefixtures("trouble")
def test_real_trouble_fires_its_alert_and_no_other(request: pytest.FixtureRequest) -> None:
    firing: set[str] = request.getfixturevalue("firing")
    assert firing & QUIET == set()
