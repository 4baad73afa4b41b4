"""Redaction of secrets: by the name that stands before them, by their shape, and by their value.

The secrets that the system handles, and how each is recognised:

==========================================================  ===============================
user's JWT, web identity token, policy of a presigned POST  shape (base64 of ``{"``), name
``API_SECRET``, ``JWT_SECRET``, value of the secret header  value, ``bearer``, name
signatures v4 and v2, in a URL, a form or a header          name, ``AWS id:signature``
AWS key id, secret key, session token                       value, shape, name
Sentry DSN and its key, user and password in a URL          value, ``://…@``
OTLP headers                                                value, name
cookies, ``Authorization``, API keys, passwords             name
==========================================================  ===============================

Temporary AWS secret keys have no shape and change while a process runs: they are known by the
name before them alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_settings import BaseSettings

SECRET = "[secret]"  # noqa: S105 -- what is shown instead of one
_SHORTEST = 8
"""A shorter value is not searched for: that would redact ordinary words."""

_PAIR = 2
_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_OTLP_HEADERS = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}HEADERS" for signal in ("", "TRACES_", "METRICS_", "LOGS_")
)

# Names whose whole value is secret, wherever in the name they stand.
_NAMES = (
    r"secret|passw(?:or)?d|passphrase|credentials?|api[-_]?key|access[-_]?key(?:[-_]?id)?"
    r"|private[-_]?key|key[-_]pair[-_]id|sentry[-_]?(?:key|dsn)"
    r"|(?:security|session|access|refresh|id|auth|csrf)[-_]?token"
)
_SECRET_KEY = re.compile(
    rf"authorization|cookie|{_NAMES}|(?:^|[-_])token$|^token|^(?:x-amz-)?signature$|^policy$",
    re.IGNORECASE,
)
# What separates a name from its value: `: `, `=`, `', '` of a pair, in any nesting of quotes.
_SEPARATOR = r"\\*[\"']?(?:\s*(?:=>|[:=]|%3[dD])\s*|\s*,\s*(?=b?\\*[\"']))"
_QUOTED = r"""b?\\+["'][^"'\r\n]*|b?"(?:[^"\\\r\n]|\\.)*|b?'(?:[^'\\\r\n]|\\.)*"""
_NAMED = re.compile(
    rf"((?:{_NAMES})(?!_header_name)(?:[-_][a-z]{{1,20}}){{0,3}}"
    rf"|(?<![a-z])token|(?<![a-z_])signature|(?<=[?&])policy){_SEPARATOR}"
    # What is redacted already stays as it is: a line may pass here twice.
    rf"(\[secret\]|{_QUOTED}|[^\s,;&\"'<>)\]}}]+)",
    re.IGNORECASE,
)
_LINE = re.compile(
    rf"(\b(?:proxy-|x-sentry-)?auth(?:orization)?|\b(?:set-)?cookie){_SEPARATOR}"
    rf"({_QUOTED}|[^\r\n]+)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"b?\\*[\"']")
_SHAPES = (
    (re.compile(r"(?<![A-Za-z0-9])eyJ[\w+/=-]{8,}(?:\.[\w+/=-]*)*"), "[jwt]"),
    (re.compile(r"\b(bearer)(?:\s|%20|\+)+[^\s\"'\\,;<>)\]}]+", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"\bAWS\s+[^\s:\"']+:[A-Za-z0-9+/]{16,}=*"), "AWS [signed]"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), "[aws key]"),
    (re.compile(r"\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w+/=%-]{16,}"), "[aws token]"),
    (
        re.compile(r"<(SecretAccessKey|SessionToken|AccessKeyId)>[^<]*", re.IGNORECASE),
        rf"<\1>{SECRET}",
    ),
    (re.compile(r"(?<=://)[^/\s@\"'<>]+@"), "[userinfo]@"),
)
_registered: set[str] = set()
_patterns: list[re.Pattern[str]] = []


def redact_text(text: str) -> str:
    """Return ``text`` with every secret in it replaced."""
    for pattern in _patterns:
        text = pattern.sub(SECRET, text)
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return _NAMED.sub(_named, _LINE.sub(_named, text))


def _named(match: re.Match[str]) -> str:
    value = match.group(2)
    opening = _OPENING.match(value)
    before = match.group(0).removesuffix(value)
    return before + (opening.group(0) if opening else "") + SECRET


def redact_value(value: Any, name: str = "") -> Any:
    """Return a value as it may be shown: texts redacted, and the value of any secret's name.

    Parameters
    ----------
    value
        Anything. Mappings, lists and tuples are gone through; what is no JSON is shown as its
        ``repr``, redacted.
    name
        Its key or header name, if it has one.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if name and _SECRET_KEY.search(name):
        return SECRET
    if isinstance(value, Mapping):
        return {
            redact_text(_text(key)): redact_value(item, _text(key)) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        if len(value) == _PAIR and isinstance(value[0], (str, bytes)):
            # A header as (name, value).
            return [redact_value(value[0]), redact_value(value[1], _text(value[0]))]
        return [redact_value(item, name) for item in value]
    return redact_text(_text(value))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode(errors="replace")
    return repr(value)


def register_secrets(values: Iterable[str]) -> None:
    """Have these very values redacted from now on, also URL-encoded or escaped as in JSON."""
    for value in values:
        if len(value) >= _SHORTEST:
            _registered.update({quote(value, safe=""), quote(value), *_escaped(value)})
    # The longest first: one may be the beginning of another.
    found = "|".join(map(re.escape, sorted(_registered, key=len, reverse=True)))
    _patterns[:] = [re.compile(found)] if found else []


def _escaped(value: str) -> set[str]:
    """Return a value as it stands in JSON, in a ``repr``, and in one of these within another."""
    forms = {value}
    for _ in range(2):
        forms |= {json.dumps(each)[1:-1] for each in forms} | {repr(each)[1:-1] for each in forms}
    return forms


def register_secrets_of(settings: BaseSettings, environment: Mapping[str, str]) -> None:
    """Have the secrets in a process's settings and environment redacted by their value."""
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    # A Sentry DSN holds a key, and so may other addresses.
    secrets += [part for each in secrets if "://" in each for part in _userinfo(each)]
    secrets += [environment[name] for name in _AWS if environment.get(name)]
    for name in _OTLP_HEADERS:
        for header in environment.get(name, "").split(","):
            _, _, value = header.partition("=")
            secrets += [value.strip(), unquote(value.strip())]
            secrets += unquote(value).split()[1:]  # without `Basic` or `Bearer`
    register_secrets(secrets)


def _userinfo(url: str) -> list[str]:
    parts = urlsplit(url)
    return [part for part in (parts.username, parts.password) if part]
