"""The files of `db/`: where they are, what they define, and whether any is missing."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from app.postgres.migrations.errors import MigrationError
from app.postgres.migrations.session import SCHEMAS, Connection

# In an installed wheel, `db/` is inside the package (setup.py); in a checkout, it is at the top.
_PACKAGED = Path(__file__).parents[2] / "db"
DIRECTORY = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[3] / "db"
# How many files each folder had when the wheel was built (setup.py); a checkout has no such file.
_MANIFEST = "manifest.json"
_FOLDERS = ("migrations", "functions", "triggers", "views")

_DEFINES = re.compile(r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|VIEW)\s+(\w+\.\w+)", re.IGNORECASE)
_GIVES_RIGHT = re.compile(r"^GRANT EXECUTE ON FUNCTION (\w+\.\w+)\s*\([^)]*\)\s*TO ([^;]+);", re.MULTILINE)
EXISTING = """
SELECT format('%%I.%%I', n.nspname, object.name)
FROM (
    SELECT pronamespace, proname FROM pg_proc UNION SELECT relnamespace, relname FROM pg_class WHERE relkind = 'v'
) AS object (namespace, name)
JOIN pg_namespace AS n ON n.oid = object.namespace AND n.nspname = ANY (%s)
ORDER BY 1
"""


def names_in(text: str) -> list[str]:
    """The functions and views that a file defines, `schema.name` each."""
    return _DEFINES.findall(text)


@dataclass(frozen=True)
class Files:
    """A `db/` directory, read whole: each SQL file's text by its path, in the order of their names."""

    directory: Path
    migrations: dict[Path, str]
    functions: dict[Path, str]
    triggers: dict[Path, str]
    views: dict[Path, str]

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read the directory, as UTF-8 in any locale."""
        return cls(directory, *(_texts((directory / folder).rglob("*.sql")) for folder in _FOLDERS))

    @cached_property
    def defined(self) -> frozenset[str]:
        """The functions, trigger functions and views that the files define, `schema.name` each."""
        texts = [*self.functions.values(), *self.triggers.values(), *self.views.values()]
        return frozenset(name for text in texts for name in names_in(text))

    @cached_property
    def rights(self) -> list[tuple[str, str]]:
        """The rights to call that the files give: function and role each."""
        return [
            (name, role.strip())
            for text in self.functions.values()
            for name, roles in _GIVES_RIGHT.findall(text)
            for role in roles.split(",")
        ]

    def require_whole(self, conn: Connection) -> None:
        """Refuse files that look incomplete, because `migrate` drops what no file defines. Raises MigrationError."""
        reason = self._lacks_files() or self._would_drop_much(conn)
        if reason is not None:
            raise MigrationError(
                f"{self.directory} looks incomplete: {reason}. Nothing was touched."
                " Install the release again, or run `halobestie migrate --drop` if this is meant."
            )

    def _lacks_files(self) -> str | None:
        counts = {folder: len(getattr(self, folder)) for folder in _FOLDERS}
        if empty := [folder for folder, count in counts.items() if count == 0]:
            return f"no files in {', '.join(f'{folder}/' for folder in empty)}"
        manifest = self.directory / _MANIFEST
        built: dict[str, int] = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
        for folder, wanted in built.items():
            if counts[folder] < wanted:
                return f"{counts[folder]} of {wanted} files in {folder}/"
        return None

    def _would_drop_much(self, conn: Connection) -> str | None:
        existing = [row[0] for row in conn.execute(EXISTING, [SCHEMAS])]
        gone = [name for name in existing if name not in self.defined]
        if len(gone) * 10 <= len(existing):
            return None
        return f"{len(gone)} of the database's {len(existing)} functions and views would be dropped, {gone[0]} first"


def _texts(paths: Iterable[Path]) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in sorted(paths)}
