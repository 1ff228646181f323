"""What all processes logged of one session: reads their lines, and joins them by the ids that they share."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

SESSION = "session_id"

JOINS = ("request_id", "offer_id", "payment_request_id", "extension_id", "push_id", "receipt_id")
"""The ids that join a line to another one. Those of people don't: they have other sessions, too."""

# A line of LOG_FORMAT=console, as structlog writes it without colours.
_CONSOLE = re.compile(
    r"(?P<timestamp>\d{4}-\S+Z) \[(?P<level>\w+) *\] (?P<event>.*?) +\[(?P<logger>[\w.]+)\] ?(?P<rest>.*)"
)
_FIELD = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class LogLine(NamedTuple):
    """A line: its text as it was read, and its fields."""

    text: str
    fields: dict[str, Any]

    @property
    def at(self) -> str:
        """When it was written, in UTC."""
        return str(self.fields["timestamp"])


def lines_in(texts: Iterable[str]) -> Iterator[LogLine]:
    """The lines of ours among these: JSON, also behind what a journal or a container puts before it, or console.

    Other lines, such as those of a traceback, are left out.
    """
    for text in texts:
        fields = _fields_of(text.strip())
        if fields is not None and "timestamp" in fields and "event" in fields:
            yield LogLine(text.strip(), fields)


def of_session(read: Callable[[], Iterable[LogLine]], session_id: str) -> list[LogLine]:
    """The lines of a session, in the order of time; a line that is there twice is told once.

    Those that name it; and from these on, over any number of joins, those that name no session and share an id. Each
    call of `read` gives all lines again: the logs of a day are read some times, because they are too large to be kept.
    """
    mine = {line.text: line for line in read() if line.fields.get(SESSION) == session_id}
    new = ids = _ids(mine.values())
    while new:
        joined = {
            line.text: line
            for line in read()
            if SESSION not in line.fields and line.text not in mine and not new.isdisjoint(_ids([line]))
        }
        mine |= joined
        new = _ids(joined.values()) - ids
        ids = ids | new
    return sorted(mine.values(), key=lambda line: line.at)


def _ids(lines: Iterable[LogLine]) -> set[tuple[str, str]]:
    return {(name, str(line.fields[name])) for line in lines for name in JOINS if line.fields.get(name)}


def _fields_of(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    if start >= 0:
        try:
            found = msgspec.json.decode(text[start:], type=dict[str, Any])
        except msgspec.DecodeError:
            pass
        else:
            inner = found.get("MESSAGE")  # journalctl -o json
            return _fields_of(inner) if isinstance(inner, str) else found
    plain = _CONSOLE.fullmatch(_COLOUR.sub("", text))
    if plain is None:
        return None
    fields = plain.groupdict()
    return {name: value.strip("'\"") for name, value in _FIELD.findall(fields.pop("rest"))} | fields
