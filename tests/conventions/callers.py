"""Which functions of the database each program calls: followed through the names in the Python from its start."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from app.sql.function import sql_functions
from tests.support.command import ROOT

STARTS: Mapping[str, tuple[str, ...]] = {
    "halo_app": ("app.serving.apps.create_public_app",),
    "halo_listener": ("listeners.daemon.main", "app.cli.mirror"),
    "halo_cc": (
        "app.serving.apps.create_internal_app",
        "app.cli.accounts",
        "app.cli.configuration",
        "app.cli.mirror",
        "app.cli.schema.seed_demo",
    ),
}
"""Where each role's program begins, and the commands that people run as this role: a function, or a whole module."""


class Module:
    """The names of a module: what it defines, and what it imports as what."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.defined: dict[str, ast.stmt] = {}
        self.imported: dict[str, str] = {}
        self._at_import: list[ast.stmt] = []
        tree = ast.parse(path.read_text())
        for node in tree.body:
            if names := list(_defines(node)):
                self.defined |= dict.fromkeys(names, node)
            else:
                self._at_import.append(node)
        for found in ast.walk(tree):
            if isinstance(found, ast.ImportFrom) and found.module:
                self.imported |= {alias.asname or alias.name: f"{found.module}.{alias.name}" for alias in found.names}

    def mentions(self, name: str) -> Iterator[str]:
        """The full names in the definition of `name`, and in what the module does when it is imported."""
        for node in (self.defined[name], *self._at_import):
            for mention in _dotted(node):
                first, dot, rest = mention.partition(".")
                if first in self.imported:
                    yield self.imported[first] + dot + rest
                elif first in self.defined:
                    yield f"{self.name}.{first}"


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _dotted(node: ast.AST) -> Iterator[str]:
    """The names in a piece of code, `a.b.c` as a whole."""
    parts: list[str] = []
    inner = node
    while isinstance(inner, ast.Attribute):
        parts.insert(0, inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        yield ".".join([inner.id, *parts])
        return
    for child in ast.iter_child_nodes(inner):
        yield from _dotted(child)


@cache
def modules() -> Mapping[str, Module]:
    """Every module of `app` and `listeners`, by its full name."""
    paths = [path for room in ("app", "listeners") for path in (ROOT / room).rglob("*.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {name: Module(name, path) for name, path in zip(names, paths, strict=True)}


def _definitions(mention: str) -> Iterator[tuple[Module, str]]:
    """What a full name means: a definition in a module, all definitions when it names the module; else nothing."""
    holder, name = mention, ""
    while holder and holder not in modules():
        holder, _, last = holder.rpartition(".")
        name = last
    if not holder:
        return
    module = modules()[holder]
    if name in module.defined:
        yield module, name
    elif name in module.imported:
        yield from _definitions(module.imported[name])
    elif not name:
        for defined in module.defined:
            yield module, defined


@cache
def called_by(role: str) -> frozenset[str]:
    """The functions of the database that the program of this role may call, `schema.name`.

    Whatever a definition mentions counts as called, a class with all of its methods: it may be too much, never too
    little.
    """
    known = {f"{function.python.__module__}.{function.python.__name__}": function.name for function in sql_functions()}
    reached: set[str] = set()
    waiting = list(STARTS[role])
    while waiting:
        for module, name in _definitions(waiting.pop()):
            full = f"{module.name}.{name}"
            if full not in reached:
                reached.add(full)
                waiting += module.mentions(name)
    return frozenset(known[full] for full in reached & known.keys())
