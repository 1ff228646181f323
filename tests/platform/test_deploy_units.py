"""The systemd units: systemd understands each, and finds little that they could do beside their work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.servers import api, internal, listener
from tests.support.command import ROOT

UNITS = ROOT / "deploy" / "systemd"
PROCESSES = [command.__name__ for command in (api, internal, listener)]
NAMES = [*(f"halobestie-{name}.service" for name in PROCESSES), "halobestie-migrate@.service"]
INSTALLED = "/opt/halobestie/current/bin/halobestie"
MOST_EXPOSED = 3.0


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, for a program that is there."""
    place = shutil.copytree(UNITS, tmp_path / "units")
    program = Path(sys.executable).with_name("halobestie")
    for unit in place.glob("*.service"):
        unit.write_text(unit.read_text().replace(INSTALLED, str(program)))
    return place


def analyze(units: Path, *arguments: str) -> str:
    """What systemd-analyze says; it exits 0 on most faults, so what it says counts."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("this machine has no systemd-analyze (Debian: apt-get install systemd)")
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_LOG_LEVEL": "warning"}
    said = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    return said.stdout + said.stderr


def test_there_is_a_unit_for_each_process_and_one_for_migrations() -> None:
    assert sorted(unit.name for unit in UNITS.glob("*.service")) == sorted(NAMES)
    for name in PROCESSES:
        text = (UNITS / f"halobestie-{name}.service").read_text()
        assert f"ExecStart={INSTALLED} {name}\n" in text
        assert {"Type=notify", "WatchdogSec=30"} <= set(text.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_no_fault(units: Path, name: str) -> None:
    assert analyze(units, "verify", "--man=no", str(units / name)) == ""


def test_the_user_of_the_processes_is_made_and_may_log_in_nowhere(tmp_path: Path) -> None:
    program = shutil.which("systemd-sysusers")
    if program is None:
        pytest.skip("this machine has no systemd-sysusers (Debian: apt-get install systemd)")
    (tmp_path / "etc").mkdir()
    subprocess.run([program, f"--root={tmp_path}", UNITS / "halobestie.sysusers.conf"], check=True, capture_output=True)
    (entry,) = (tmp_path / "etc" / "passwd").read_text().splitlines()
    assert entry.split(":")[0] == "halobestie"
    assert entry.split(":")[6] == "/usr/sbin/nologin"
    assert "User=halobestie" in (UNITS / "halobestie-.service.d" / "house.conf").read_text().splitlines()


def test_systemd_would_find_a_fault(units: Path) -> None:
    unit = units / NAMES[0]
    unit.write_text(unit.read_text().replace("WatchdogSec=30", "WatchDogSec=30"))
    assert "'WatchDogSec'" in analyze(units, "verify", "--man=no", str(unit))


@pytest.mark.parametrize("name", NAMES)
def test_a_process_may_do_little_beside_its_work(units: Path, name: str) -> None:
    said = analyze(units, "security", "--offline=true", "--no-pager", str(units / name))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED, said
