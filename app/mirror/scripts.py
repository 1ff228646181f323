"""The Lua scripts: one question or one write each, atomic on the server, in one round trip.

`prelude.lua`, preceded by the key names, is put before each of them.
"""

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from app.mirror.keys import Keys


class Script(NamedTuple):
    """A script's text and the digest the server knows it by."""

    name: str
    text: str
    sha: str


class Scripts:
    """The scripts for one key prefix."""

    def __init__(self, keys: Keys) -> None:
        def load(name: str) -> Script:
            text = keys.in_lua() + _source("prelude") + _source(name)
            return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())

        self.apply = load("apply")
        self.beacon = load("beacon")
        self.beat = load("beat")
        self.begin = load("begin")
        self.candidates = load("candidates")
        self.claim = load("claim")
        self.doubts = load("doubts")
        self.evict = load("evict")
        self.finish = load("finish")
        self.forget = load("forget")
        self.heartbeats = load("heartbeats")
        self.inspect = load("inspect")
        self.lease = load("lease")
        self.orphans = load("orphans")
        self.patrol = load("patrol")
        self.presence = load("presence")
        self.publish = load("publish")
        self.reachable = load("reachable")
        self.release = load("release")
        self.stale = load("stale")
        self.status = load("status")
        self.strays = load("strays")
        self.unleased = load("unleased")
        self.whole = load("whole")


@cache
def _source(name: str) -> str:
    return files("app.mirror").joinpath("lua", f"{name}.lua").read_text()
