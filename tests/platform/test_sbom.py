"""`halobestie sbom`: whoever knows of a weakness in a package can see whether it is in here."""

import json
import re
from importlib.metadata import version

from typer.testing import CliRunner

from app.cli.commands import cli
from app.cli.sbom import BROWSER_LOCK, bill
from tests.support.sources import DB

ROOT = DB.parent
# What makes and holds a virtual environment is not pinned, and is in none that runs in production.
TOOLS = {"pip", "setuptools", "wheel", "halobestie"}


def test_it_names_every_package_of_this_installation_with_the_version_that_is_pinned() -> None:
    told = {part["name"]: part["version"] for part in bill()["components"] if part["purl"].startswith("pkg:pypi/")}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if re.match(r"[\w.-]+==", line))
    pinned = {re.sub(r"[-_.]+", "-", name).lower(): number.split(";")[0].strip() for name, number in pinned.items()}
    assert {name: number for name, number in told.items() if name not in TOOLS and pinned.get(name) != number} == {}
    assert {"falcon", "psycopg", "pyjwt", "valkey", "argon2-cffi"} <= told.keys()


def test_it_names_what_pages_load_and_not_what_only_tests_load() -> None:
    told = {part["name"]: part["version"] for part in bill()["components"] if part["purl"].startswith("pkg:npm/")}
    assert told.items() >= json.loads((BROWSER_LOCK.parent / "package.json").read_text())["dependencies"].items()
    assert "axe-core" not in told


def test_it_is_a_whole_document_that_says_what_needs_what() -> None:
    document = json.loads(CliRunner().invoke(cli, ["sbom"]).stdout)
    assert document == bill()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    own = f"pkg:pypi/halobestie@{version('halobestie')}"
    refs = [own, *(part["bom-ref"] for part in document["components"])]
    assert len(refs) == len(set(refs))
    needs = {entry["ref"]: entry["dependsOn"] for entry in document["dependencies"]}
    assert {ref for needed in needs.values() for ref in needed} <= set(refs)
    assert needs.keys() <= set(refs)
    falcon = next(ref for ref in refs if ref.startswith("pkg:pypi/falcon@"))
    assert falcon in needs[own]
