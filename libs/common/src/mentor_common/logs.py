"""Structured logs: JSON lines in production, a readable console locally, secrets never.

Bind what identifies a message with ``structlog.contextvars.bound_contextvars``; each line then
carries it. A token, a signed URL or a credential that slips into a value is starred out.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Literal

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_SECRET_KEY = re.compile(
    r"authorization|secret|password|credential|cookie|(^|_)token$|^token", re.IGNORECASE
)
_SECRET_TEXT = (
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[jwt]"),
    (re.compile(r"\b(bearer)\s+\S+", re.IGNORECASE), r"\1 [token]"),
    (
        re.compile(
            r"\b(x-amz-(?:signature|credential|security-token)|AWSAccessKeyId|Signature|policy)"
            r"=[^&\s\"']+",
            re.IGNORECASE,
        ),
        r"\1=[signed]",
    ),
)


def redact_text(text: str) -> str:
    """Return ``text`` with JSON web tokens, bearer tokens and URL signatures starred out."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _redact(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _redact(str(inner), item) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact(key, item) for item in value]
    if _SECRET_KEY.search(key):
        return "[secret]"
    return redact_text(value) if isinstance(value, str) else value


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Structlog processor: star out secrets by the key's name and by the value's shape."""
    return {key: _redact(key, value) for key, value in event.items()}


def configure(
    service: str, *, level: str = "INFO", style: Literal["json", "console"] = "json"
) -> None:
    """Set logging up for a process; standard-library loggers go the same way.

    Parameters
    ----------
    service
        Name that each line carries.
    level
        Lowest level that is written.
    style
        ``json`` for machines, ``console`` for a person at a terminal.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        # A person at a terminal knows the day; a machine wants all of it.
        structlog.processors.TimeStamper(fmt="iso", utc=True)
        if style == "json"
        else structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if style == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=34)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # The local supervisor's log names the process already.
                *([_with_service(service)] if style == "json" else []),
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("botocore", "boto3", "aiobotocore", "urllib3", "s3transfer", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _with_service(service: str) -> Any:
    def processor(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        event.setdefault("service", service)
        return event

    return processor


def get_logger(name: str) -> Any:
    """Return a structlog logger for a module."""
    return structlog.stdlib.get_logger(name)
