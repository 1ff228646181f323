"""The alerts and the dashboard: valid, made of series that there are, each alert tested and with what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from app.observability import metrics
from tests.support.command import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
CASES = sorted(PROMETHEUS.glob("*.test.yml"))
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "halobestie.json").read_text())
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
_SERIES = re.compile(r"\b(halobestie_\w+|process_\w+)(?:\{([^}]*)\})?")
_NAMES = re.compile(r"`(\w+)`").findall
_LABEL = re.compile(r"(\w+) *[=!]")
OF_THE_SCRAPE = {"job", "instance", "worker"}


def tool(name: str) -> str:
    """A program of Debian's prometheus packages."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"this machine has no {name} (Debian: apt-get install prometheus prometheus-alertmanager)")
    return found


def asked_of_prometheus() -> Iterator[tuple[str, str]]:
    """Every expression, with where it stands."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def kept() -> dict[str, set[str]]:
    """The labels of every series that a process shows, by its name."""
    labels: dict[str, set[str]] = {}
    for registry in (REGISTRY, metrics.PUBLIC, metrics.INTERNAL, metrics.LISTENER):
        for name, collector in registry._names_to_collectors.items():
            of_its_own = getattr(collector, "_labelnames", getattr(collector, "_labels", ()))
            labels[name] = {*of_its_own} | ({"le"} if name.endswith("_bucket") else set())
            for suffix in ("_bucket", "_count", "_sum"):  # a collector of ours names only its family
                labels.setdefault(name + suffix, {*of_its_own, "le"})
    return labels


def test_every_series_that_is_asked_for_is_kept_with_its_labels() -> None:
    there = kept()
    asked = [(where, *found) for where, expr in asked_of_prometheus() for found in _SERIES.findall(expr)]
    assert len(asked) > 60
    assert {(where, name) for where, name, _ in asked if name not in there} == set()
    unknown = {
        (where, name, label)
        for where, name, matchers in asked
        for label in _LABEL.findall(matchers)
        if label not in there[name] | OF_THE_SCRAPE
    }
    assert unknown == set()


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("promtool", ["check", "config", "prometheus.yml"]),
        ("promtool", ["test", "rules", *(file.name for file in CASES)]),
        ("amtool", ["check-config", "alertmanager.yml"]),
    ],
    ids=["configuration", "rules", "alertmanager"],
)
def test_prometheus_takes_it(program: str, arguments: list[str]) -> None:
    said = subprocess.run([tool(program), *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_prometheus_takes_the_questions_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"asked:{number}", "expr": expr} for number, (_, expr) in enumerate(asked_of_prometheus())]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    command = [tool("promtool"), "check", "rules", str(tmp_path / "rules.yml")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_each_alert_has_a_case_in_which_it_is_quiet_and_one_in_which_it_fires() -> None:
    tests: list[dict[str, Any]] = [test for file in CASES for test in yaml.safe_load(file.read_text())["tests"]]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    names = {rule["alert"] for rule in RULES}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names


def test_each_alert_says_how_urgent_it_is_and_has_its_entry_among_what_to_do() -> None:
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"] for rule in RULES)
    chapter = (ROOT / "requirement" / "operations.md").read_text().partition("## Alerts")[2].partition("\n## ")[0]
    entries = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in chapter.splitlines() if line[:1] == "|"))
    assert sorted(entries) == sorted(rule["alert"] for rule in RULES)


def test_each_promise_has_a_metric_and_an_alert_that_exist() -> None:
    page = (ROOT / "requirement" / "observability.md").read_text().partition("## Promises, metrics, alerts")[2]
    rows = [line.split("|")[1:4] for line in page.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    told = [row for row in rows if row[1].strip() != "metric"]
    promised = re.findall(r"^(\d)\. ", (ROOT / "README.md").read_text().partition("## Promises")[2], re.MULTILINE)
    assert {what.strip()[0] for what, _, _ in told if what.strip()[0].isdigit()} == set(promised)
    assert [what for what, metric, alert in told if not re.search(r"`\w+`|none:", metric) or "`" not in alert] == []

    families = {name.removesuffix("_bucket") for name in kept()} | {"up"}
    series = {name for _, metric, _ in told for name in re.findall(r"`((?:halobestie|process)_\w+|up)`", metric)}
    alerts = {name for _, _, alert in told for name in re.findall(r"`(\w+)`", alert)}
    assert len(series) > 30
    assert series - families == set()
    asks = {rule["alert"]: rule["expr"] for rule in RULES}
    assert alerts - asks.keys() == set()
    apart = [
        what
        for what, metric, alert in told
        if not any(name in asks[rule] for name in _NAMES(metric) for rule in _NAMES(alert)) and "none:" not in metric
    ]
    assert apart == [], "an alert of the row asks for a metric of the row"


def test_an_instance_without_valkey_silences_only_alerts_of_its_own() -> None:
    rules = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text())["inhibit_rules"]
    jobs = {job["job_name"] for job in yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]}
    of_valkey = [rule for rule in rules if "alertname = ValkeyAway" in rule["source_matchers"]]
    assert len(of_valkey) == 2
    assert "halobestie-listener" in jobs
    for rule in of_valkey:
        assert "job = halobestie-listener" in rule["source_matchers"] or rule.get("equal") == ["instance"]
    named = set(re.findall(r"[A-Z]\w+", " ".join(matcher for rule in rules for matcher in rule["target_matchers"])))
    assert named <= {rule["alert"] for rule in RULES}


def test_a_dashboard_has_no_panel_twice_and_none_that_covers_another() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
