"""Tests share people and places in `tests/support`; nothing is taken from another folder."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.psql import ROOT

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("*.py"))


def imports(file: Path) -> Iterator[tuple[str, ...]]:
    """The modules of tests that a file imports, each as its path: ("support", "people")."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=str(module), names=names):
                modules = [module, *(f"{module}.{name.name}" for name in names)]
            case _:
                continue
        for module in modules:
            package, *path = module.split(".")
            if package == "tests" and TESTS.joinpath(*path).with_suffix(".py").exists():
                yield tuple(path)


def folder_of(file: Path) -> str:
    return file.relative_to(TESTS).parts[0]


def test_a_folder_imports_nothing_but_its_own_modules_and_those_of_support() -> None:
    strangers = [
        (str(file.relative_to(TESTS)), ".".join(module))
        for file in FILES
        for module in imports(file)
        if module[0] not in (folder_of(file), "support")
    ]
    assert strangers == []


def test_nothing_imports_a_conftest_or_a_test_module() -> None:
    imported = {
        (str(file.relative_to(TESTS)), ".".join(module))
        for file in FILES
        for module in imports(file)
        if module[-1] == "conftest" or module[-1].startswith("test_")
    }
    assert imported == set()


def test_a_conftest_offers_nothing_but_fixtures() -> None:
    others = []
    for file in FILES:
        if file.name == "conftest.py":
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    is_fixture = any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
                    if not is_fixture and not node.name.startswith("_"):
                        others.append((str(file.relative_to(TESTS)), node.name))
    assert others == []


def test_two_classes_have_two_names() -> None:
    names = Counter(
        node.name for file in FILES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def bounds_of_its_own(file: Path) -> Iterator[int]:
    """The lines on which a test waits for some seconds of its own choice, or claims that something took fewer."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("asyncio"), attr="timeout" | "wait_for"), args=[*_, last]):
                if isinstance(last, ast.Constant):
                    yield node.lineno
            case ast.Compare(left=ast.BinOp(ast.Call(ast.Attribute(_, "monotonic" | "perf_counter")), ast.Sub())):
                if any(isinstance(one, ast.Lt | ast.LtE) for one in node.ops):
                    yield node.lineno


def test_no_test_waits_by_a_bound_of_its_own_or_claims_how_soon_something_comes() -> None:
    """A machine that does much else would break it; speeds are measured by benchmarks (`tests/support/waiting.py`)."""
    found = [
        f"{file.relative_to(TESTS)}:{line}"
        for file in FILES
        if folder_of(file) not in ("chaos", "conventions")
        for line in bounds_of_its_own(file)
    ]
    assert found == []
