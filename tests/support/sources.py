"""The functions of `db/` as their files have them, and which of them call which."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

DB = Path(__file__).parents[2] / "db"

_DEFINITION = re.compile(r"\bCREATE\s+OR\s+REPLACE\s+FUNCTION\s+(\w+)\.(\w+)", re.IGNORECASE)
_BODY = re.compile(r"\bAS\s+\$\$(.*?)\$\$\s*;", re.DOTALL)
_COMMENT = re.compile(r"\bCOMMENT\s+ON\s+FUNCTION\s+.*?\s+IS\s+(?:\$\$(.*?)\$\$|'((?:[^']|'')*)')\s*;", re.DOTALL)
_CALL = re.compile(r"\b((?:core|api|ops)\.\w+)\s*\(")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_LINE_COMMENT = re.compile(r"--.*")


@dataclass(frozen=True)
class Function:
    """One function and the file that defines it."""

    name: str
    path: Path
    text: str

    @cached_property
    def written_body(self) -> str:
        """What stands between its $$."""
        match = _BODY.search(self.text)
        assert match is not None, f"{self.path} has no body between $$"
        return match[1]

    @cached_property
    def body(self) -> str:
        """Its code, without comments."""
        return _LINE_COMMENT.sub("", self.written_body)

    @cached_property
    def comment(self) -> str:
        """What its COMMENT ON says; empty without one."""
        match = _COMMENT.search(self.text)
        return "" if match is None else (match[1] or (match[2] or "").replace("''", "'")).strip()

    @cached_property
    def calls(self) -> frozenset[str]:
        """The functions of ours that it names as called, `schema.name`."""
        return frozenset(_CALL.findall(self.body))

    @cached_property
    def strings(self) -> frozenset[str]:
        """The strings in its code."""
        return frozenset(text.replace("''", "'") for text in _STRING.findall(self.body))


def functions_in(paths: Iterable[Path]) -> Iterator[Function]:
    """Every function that these files define."""
    for path in sorted(paths):
        text = path.read_text()
        for schema, name in _DEFINITION.findall(text):
            yield Function(f"{schema}.{name}", path, text)


FUNCTION_FILES = sorted((DB / "functions").rglob("*.sql"))
TRIGGER_FILES = sorted((DB / "triggers").glob("*.sql"))
VIEW_FILES = sorted((DB / "views").glob("*.sql"))
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in functions_in(FUNCTION_FILES)}
TRIGGER_FUNCTIONS: Mapping[str, Function] = {function.name: function for function in functions_in(TRIGGER_FILES)}
ALL_FUNCTIONS: Mapping[str, Function] = {**FUNCTIONS, **TRIGGER_FUNCTIONS}


def reached_from(name: str) -> frozenset[str]:
    """A function of ours and all that it calls, directly or not."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        function = waiting.pop()
        if function not in reached and function in ALL_FUNCTIONS:
            reached.add(function)
            waiting += ALL_FUNCTIONS[function].calls
    return frozenset(reached)


def codes_of(name: str, known: Iterable[str]) -> frozenset[str]:
    """The codes among `known` that a call of the function can end with: raised, or returned as `refusal`."""
    reached = reached_from(name)
    return frozenset(code for code in known if not reached.isdisjoint(decided_in(code)))


@cache
def decided_in(code: str) -> frozenset[str]:
    """The functions that decide to refuse with a code: a string in their code. The list of codes is not meant."""
    return frozenset(
        name
        for name, function in ALL_FUNCTIONS.items()
        if (code in function.strings or (code == "NOT_FOUND" and "core.refuse_unknown" in function.calls))
        and name not in ("core.refusals", "core.refuse_unknown")
    )
