"""What must agree: the names of keys with the document, and the scripts with the oldest Valkey we run on."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from app.mirror.keys import Keys
from app.mirror.scripts import Scripts
from app.mirror.server import Server

ROOT = Path(__file__).parents[2]
PLAN = (ROOT / "requirement" / "valkey-online-mirror-plan.md").read_text()
SCRIPTS = {file.name: file.read_text() for file in files("app.mirror").joinpath("lua").iterdir()}
OLDEST = (7, 2)
OUTSIDE_SCRIPTS = {
    "AUTH", "CLIENT", "EVAL", "EVALSHA", "HSCAN", "INFO", "PING", "PUBLISH", "SCAN", "SELECT", "SPUBLISH", "SSUBSCRIBE",
    "SUBSCRIBE",
}  # fmt: skip


def names() -> set[str]:
    keys = Keys()
    plain = {value for value in vars(keys).values() if value and not value.endswith(":")}
    return plain | {keys.capacity("<id>"), keys.heartbeat("<id>"), keys.lease("<type>", "<id>"), "user:<type>:<id>"}


@pytest.mark.parametrize("name", sorted(names()))
def test_every_key_and_channel_is_in_the_document(name: str) -> None:
    assert f"`{name}`" in PLAN


def test_every_key_in_the_document_exists() -> None:
    documented = set(re.findall(r"`((?:mitras?|mirror|availability|ws|user|broadcast):[a-z:_<>]*)`", PLAN))
    assert documented <= names()


def test_every_script_is_loaded_and_every_loaded_script_is_there() -> None:
    loaded = {f"{script.name}.lua" for script in vars(Scripts(Keys())).values()}
    assert loaded | {"prelude.lua"} == SCRIPTS.keys()


def commands() -> set[str]:
    source = "".join(SCRIPTS.values())
    return (
        set(re.findall(r"call\('([A-Z]+)'", source))
        | set(re.findall(r"'([SZ]SCAN)'", source))
        | set(re.findall(r"write\('([A-Z]+)'", source))
    )


async def test_no_command_is_younger_than_the_oldest_valkey(server: Server) -> None:
    used = sorted(commands() | OUTSIDE_SCRIPTS)
    assert {"ZMSCORE", "SMISMEMBER", "HMGET", "PUBLISH", "ZSCAN", "HSET"} <= set(used)
    for name in used:
        described = await server.command("COMMAND", "DOCS", name)
        facts = dict(zip(described[1][::2], described[1][1::2], strict=True))
        since = tuple(int(part) for part in facts[b"since"].decode().split(".")[:2])
        assert since <= OLDEST, name
