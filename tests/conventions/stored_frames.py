"""The stored events that functions of the database write, held against the document of the socket."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.support.frames import MESSAGES, faults_of

RECORDER = Path(__file__).parent / "frame_recorder.sql"
"""Lets a database tell each of them, where psql prints its warnings."""

_TOLD = re.compile(r"frame: (\[.*\])$", re.MULTILINE)
_READER = re.compile(r"Server → (mitra|customer|both|customer or mitra):")


class StoredFrame(NamedTuple):
    """A frame and whose it is."""

    recipient: str
    frame: dict[str, Any]


def frames_told(printed: str) -> Iterator[StoredFrame]:
    """The frames that the recorder told."""
    return (StoredFrame(*msgspec.json.decode(one)) for one in _TOLD.findall(printed))


def recipients(type_: str) -> set[str]:
    """Who gets a stored event, as the document says."""
    [summary] = [message["summary"] for message in MESSAGES.values() if message["name"] == type_]
    said = _READER.match(summary)
    assert said is not None, f"{type_} does not say who gets it"
    return {"mitra", "customer"} & {said[1]} or {"mitra", "customer"}


def assert_as_documented(stored: Iterable[StoredFrame]) -> dict[str, set[str]]:
    """Who got which types."""
    readers: dict[str, set[str]] = defaultdict(set)
    faults = set()
    for recipient, frame in stored:
        faults |= {*faults_of(frame)}
        readers[frame["type"]].add(recipient.partition(":")[0])
    assert faults == set()
    for type_, those in readers.items():
        assert those <= recipients(type_), type_
    return readers
