"""What pyproject.toml can't say: a wheel holds `db/` inside the package, and how many files that has."""

import json
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("migrations", "functions", "triggers", "views")


class BuildWithDatabase(build_py):
    """Copies `db/` afresh to where app/postgres/migrations/files.py looks: an old build's files must not stay."""

    def run(self) -> None:
        """Build, and copy unless the installation only points to the checkout."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "app", "db")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree("db", target, ignore=shutil.ignore_patterns("__pycache__", ".sqlfluff"))
        counts = {folder: len(list((target / folder).rglob("*.sql"))) for folder in FOLDERS}
        (target / "manifest.json").write_text(json.dumps(counts), encoding="utf-8")


setup(cmdclass={"build_py": BuildWithDatabase})
