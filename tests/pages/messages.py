"""The messages of the pages: of templates and modules, what rules and metrics mean, as SQL says it, and codes.

`python -m tests.pages.messages` brings them into the catalogues: new ones are empty there, old ones go.
"""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.problems import CODES

PAGES = Path(__file__).parents[2] / "app" / "pages"
RULES = Path(__file__).parents[2] / "db" / "functions" / "config" / "config_keys.sql"
METRICS = RULES.parents[1] / "figures" / "figure_metrics.sql"
CATALOGUES = {path.parts[-3]: path for path in PAGES.glob("locales/*/LC_MESSAGES/pages.po")}
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"trimmed": "false", "silent": "false", "extensions": "jinja2.ext.do"}}


def extracted() -> Catalog:
    """Every message there is, with the places where it stands."""
    catalogue = Catalog(fuzzy=False)
    for file, _line, message, _comments, _context in extract_from_dir(
        str(PAGES), method_map=_METHODS, options_map=_OPTIONS, keywords={"_": None, "N_": None, "ngettext": (1, 2)}
    ):
        catalogue.add(message, locations=[(file, 0)])
    for meaning in meanings():
        catalogue.add(meaning, locations=[(RULES.name, 0)])
    for meaning in measured():
        catalogue.add(meaning, locations=[(METRICS.name, 0)])
    for code in CODES.values():
        catalogue.add(code.detail, locations=[("problems.py", 0)])
    return catalogue


def meanings() -> list[str]:
    """What each rule of the business means: the last text of its row."""
    rows = re.findall(r"^    \((.*?)\)(?=,$|\n\$\$)", RULES.read_text(), re.DOTALL | re.MULTILINE)
    last = [re.findall(r"(?:'(?:[^']|'')*'(?:\s*\|\|\s*)?)+$", row)[0] for row in rows]
    return ["".join(re.findall(r"'((?:[^']|'')*)'", text)).replace("''", "'") for text in last]


def measured() -> list[str]:
    """What each metric of `today` means: the text after its unit, but of gauges."""
    rows = re.findall(r"^    \('\w+', '(\w+)', '\w+', '([^']+)'", METRICS.read_text(), re.MULTILINE)
    return [meaning for kind, meaning in rows if kind != "gauge"]


def read(language: str) -> Catalog:
    """A catalogue as it is."""
    with CATALOGUES[language].open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Bring the messages into the catalogues."""
    for language, path in CATALOGUES.items():
        catalogue = read(language)
        catalogue.update(extracted(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, omit_header=True, sort_output=True, no_location=True, width=120)


if __name__ == "__main__":
    main()
