"""Structured logs: one line for each event, as JSON for machines or in colour for people.

The request id and other facts about the request are bound with `structlog.contextvars.bind_contextvars`, so every line
that is written while the request is served has them.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.settings import Settings

# Names of fields that could hold a secret or a person's data; their values are never written.
_HIDDEN = frozenset(
    {
        "access_token", "authorization", "body", "code", "cookie", "database_url", "otp", "password", "phone",
        "refresh_token", "secret", "token", "valkey_url",
    }
)  # fmt: skip

# Libraries that log details of debugging at the level info.
_CHATTY = ("google", "hpack", "httpx", "httpcore", "psycopg.pool", "urllib3", "uvicorn.error", "yoyo")


def _hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in _HIDDEN & event.keys():
        event[name] = "[hidden]"
    return event


def configure(settings: Settings, *, process: str) -> None:
    """Write every log line of this process, also those of libraries, to stderr in the format of the settings.

    `process` is in every line (api, internal, listener, …). Call it once, before anything logs.
    """

    def name_process(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_process,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _renderers(settings: Settings) -> list[structlog.typing.Processor]:
    # Neither format shows local variables of a traceback: they may hold tokens and messages.
    if settings.log_format == "json":
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    ]
