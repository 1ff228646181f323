"""`halobestie sbom`: what this installation consists of, for scanners that know which versions have weaknesses."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions, version
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import typer

BROWSER_LOCK = Path(__file__).parents[1] / "http" / "assets" / "package-lock.json"

Component = dict[str, Any]


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command(name="sbom")(sbom)


def sbom() -> None:
    """Write the software bill of materials (CycloneDX 1.6, JSON) of this installation to stdout."""
    typer.echo(json.dumps(bill(), indent=1, ensure_ascii=False))


def bill() -> dict[str, Any]:
    """Every Python package that is installed here, and every package that the pages load in a browser.

    The same installation gives the same text, so that two can be compared.
    """
    installed = {_normalised(found.name): found for found in distributions()}
    packages = [_python_package(name, found) for name, found in sorted(installed.items())]
    assets = [*_browser_packages()]
    own = _purl("pypi", "halobestie", version("halobestie"))
    components = [package for package in packages if package["bom-ref"] != own] + assets
    needs = {_ref(name, found): _needs(found, installed) for name, found in sorted(installed.items())}
    needs[own] = sorted({*needs.get(own, ()), *(asset["bom-ref"] for asset in assets)})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(components))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": own, "name": "halobestie", "version": version("halobestie"),
                "purl": own,
            }
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": needed} for ref, needed in needs.items()],
    }  # fmt: skip


def _normalised(name: str) -> str:
    """The name as PyPI writes it in addresses."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _purl(kind: str, name: str, version: str) -> str:
    return f"pkg:{kind}/{name.replace('@', '%40')}@{version}"


def _ref(name: str, found: Distribution) -> str:
    return _purl("pypi", name, found.version)


def _needs(found: Distribution, installed: dict[str, Distribution]) -> list[str]:
    """What a package asks for and finds here."""
    asked = (re.match(r"[\w.-]+", need) for need in found.requires or ())
    names = {_normalised(need[0]) for need in asked if need is not None}
    return sorted(_ref(name, installed[name]) for name in names & installed.keys())


def _python_package(name: str, found: Distribution) -> Component:
    ref = _ref(name, found)
    package: Component = {"type": "library", "bom-ref": ref, "name": name, "version": found.version, "purl": ref}
    if "License-Expression" in found.metadata:
        package["licenses"] = [{"expression": found.metadata["License-Expression"]}]
    return package


def _browser_packages() -> Iterator[Component]:
    for place, locked in json.loads(BROWSER_LOCK.read_text(encoding="utf-8"))["packages"].items():
        if place and not locked.get("dev"):
            name = place.rpartition("node_modules/")[2]
            ref = _purl("npm", name, locked["version"])
            yield {
                "type": "library", "bom-ref": ref, "name": name, "version": locked["version"], "purl": ref,
                "licenses": [{"license": {"name": locked["license"]}}],
            }  # fmt: skip
