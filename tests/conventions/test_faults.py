"""Nobody swallows a fault of ours: a broad `except` tells it with its type and its stack, or raises it again."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = [file for folder in ("app", "listeners") for file in sorted((ROOT / folder).rglob("*.py"))]
BROAD = {"Exception", "BaseException"}


def _names(kind: ast.expr | None) -> set[str]:
    if kind is None:
        return {"BaseException"}
    return {node.id for node in ast.walk(kind) if isinstance(node, ast.Name)}


def _is_log(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in ("log", "logger")
    )


def _calls(node: ast.AST) -> list[ast.Call]:
    return [call for call in ast.walk(node) if isinstance(call, ast.Call)]


def _is_told_whole(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr == "exception" or any(keyword.arg == "exc_info" for keyword in call.keywords)


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 100


def test_a_broad_except_logs_faults_with_type_and_stack() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in FILES
        for handler in ast.walk(ast.parse(file.read_text()))
        if isinstance(handler, ast.ExceptHandler) and _names(handler.type) & BROAD
        for call in _calls(handler)
        if _is_log(call) and not _is_told_whole(call)
    ]
    assert wrong == [], "use app.observability.faults.tell"


def test_no_line_of_the_log_holds_an_error_without_its_type() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in FILES
        if file.name != "faults.py"
        for call in _calls(ast.parse(file.read_text()))
        if _is_log(call)
        for keyword in call.keywords
        if keyword.arg == "error"
        and any(
            isinstance(inner.func, ast.Name) and inner.func.id in ("str", "repr") for inner in _calls(keyword.value)
        )
    ]
    assert wrong == [], "use app.observability.faults.tell"


COMMANDS = ("cli", "migrations", "development")
"""They speak to the person who runs them, not to the log."""


def _is_told_plainly(call: ast.Call, name: str | None) -> bool:
    """Whether it takes whatever the error says: `str(error)`, `repr(error)` or `log.exception(…)`."""
    if _is_log(call):
        return isinstance(call.func, ast.Attribute) and call.func.attr == "exception"
    return (
        isinstance(call.func, ast.Name)
        and call.func.id in ("str", "repr")
        and any(isinstance(argument, ast.Name) and argument.id == name for argument in call.args)
    )


def test_what_postgresql_says_beside_its_message_is_told_nowhere_because_it_quotes_values() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in FILES
        if file.name != "faults.py" and not set(file.parts) & set(COMMANDS)
        for handler in ast.walk(ast.parse(file.read_text()))
        if isinstance(handler, ast.ExceptHandler) and _names(handler.type) & (BROAD | {"psycopg"})
        for call in _calls(handler)
        if _is_told_plainly(call, handler.name)
    ]
    assert wrong == [], "use app.observability.faults.tell, or its words"
