"""Log lines: one JSON object each, with the request id, and nothing that must stay secret."""

import json
import subprocess
import sys
from typing import Any

from tests.support.waiting import START_SECONDS

SCRIPT = """
import logging, structlog
from app.observability import logs
from app.settings import Settings

logs.configure(Settings(log_format={format!r}), process="api")
log = structlog.get_logger("a.room")
with structlog.contextvars.bound_contextvars(request_id="r-1"):
    log.info("paid", amount=15000, phone="+628110000001", token="planted")
    logging.getLogger("a.library").warning("careful: %s", "it is hot")
log.debug("nobody asked")
try:
    planted = "planted" * 2
    raise ValueError("no")
except ValueError:
    log.exception("failed")
"""


def lines(log_format: str) -> list[str]:
    script = SCRIPT.format(format=log_format)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=START_SECONDS
    )
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_json_lines_carry_time_level_process_and_request_id() -> None:
    paid, library, failed = (json.loads(line) for line in lines("json"))
    _is_whole(paid, "info", "a.room", "paid")
    _is_whole(library, "warning", "a.library", "careful: it is hot")
    _is_whole(failed, "error", "a.room", "failed")
    assert paid["request_id"] == library["request_id"] == "r-1"
    assert "request_id" not in failed
    assert paid["amount"] == 15000
    assert failed["exception"][0]["exc_type"] == "ValueError"


def test_secrets_are_hidden_and_tracebacks_show_no_values() -> None:
    for log_format in ("json", "console"):
        text = "\n".join(lines(log_format))
        assert "[hidden]" in text
        assert "+628110000001" not in text
        assert "planted'" not in text.replace('"planted" * 2', "")
        assert '"planted"' not in text.replace('"planted" * 2', "")
        assert "plantedplanted" not in text


def _is_whole(line: dict[str, Any], level: str, logger: str, event: str) -> None:
    assert (line["level"], line["logger"], line["event"], line["process"]) == (level, logger, event, "api")
    assert line["timestamp"].endswith("Z")
