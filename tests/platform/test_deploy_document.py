"""requirement/deployment.md says what is so: keys, secrets, connections, files and links."""

import re

import pytest

from app.mirror.keys import Keys
from app.services import MESSAGE_CONNECTIONS, InternalServices, PublicServices
from app.settings import ApiSettings, InternalSettings, ListenerSettings
from tests.support.command import ROOT

PAGE = ROOT / "requirement" / "deployment.md"
TEXT = PAGE.read_text()
LINKING = ("deployment", "observability", "operations")


def chapter(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_it_says_what_the_loss_of_each_key_costs() -> None:
    keys = Keys()
    names = [name for name in vars(keys).values() if isinstance(name, str) and name]
    said = re.findall(r"`([\w:*<>]+)`", chapter("What Valkey holds"))
    assert "mirror:*" in said
    covered = [name.partition("<")[0] for name in said]
    unsaid = [
        name
        for name in [*names, "ws:"]
        if not name.startswith(("mirror:", "broadcast:")) and not any(said.startswith(name) for said in covered)
    ]
    assert unsaid == []


def test_it_says_how_each_secret_is_changed() -> None:
    settings = {
        name: field
        for group in (ApiSettings, InternalSettings, ListenerSettings)
        for name, field in group.model_fields.items()
    }
    secret = [name for name, field in settings.items() if "Secret" in str(field.annotation) + str(field.metadata)]
    assert len(secret) >= 3
    said = chapter("Secrets")
    assert [name for name in [*secret, "database_url"] if f"`{name.upper()}`" not in said] == []


def test_its_budget_of_connections_is_that_of_the_code() -> None:
    said = chapter("Connections")
    assert f"| {PublicServices.connections + MESSAGE_CONNECTIONS}: ten for requests, two for messages |" in said
    assert f"| `internal` | {InternalServices.connections} |" in said


def anchors(text: str) -> set[str]:
    """What links to a page's headings end with."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "page", ["README.md", "requirement/deployment.md", "requirement/observability.md", "requirement/operations.md"]
)
def test_every_link_leads_somewhere(page: str) -> None:
    place = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", place.read_text()):
        path, _, anchor = target.partition("#")
        file = place.parent / path if path else place
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), target


def test_every_file_of_deploy_that_it_names_is_there_and_it_names_every_folder() -> None:
    named = set(re.findall(r"\bdeploy/([\w./*-]*[\w*])", TEXT))
    assert [name for name in named if not list((ROOT / "deploy").glob(name))] == []
    folders = {file.name for file in (ROOT / "deploy").iterdir() if file.is_dir()}
    assert folders <= {name.partition("/")[0] for name in named}
