"""Language tags of BCP 47 (RFC 5646)."""

from __future__ import annotations

import re
from typing import Final

DEFAULT_LANGUAGE: Final = "en"
_TAG: Final = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*", re.ASCII)
_REGION, _SCRIPT = 2, 4  # letters


def canonical_tag(text: str) -> str:
    """Return a language tag in the case that RFC 5646, section 2.1.1, recommends: ``zh-Hant-TW``.

    Raises
    ------
    ValueError
        It has not the form of a tag, as ``es_MX`` has not. Whether such a language is registered
        is not checked.
    """
    tag = text.strip().lower()
    if not _TAG.fullmatch(tag):
        raise ValueError("no language tag of BCP 47: give one as `en` or `es-MX`, with hyphens")
    primary, *subtags = tag.split("-")
    cased = [primary]
    for index, subtag in enumerate(subtags):
        if len(subtag) == 1:  # what follows is an extension's, or private
            return "-".join([*cased, *subtags[index:]])
        if len(subtag) == _REGION:
            cased.append(subtag.upper())
        else:
            cased.append(subtag.capitalize() if len(subtag) == _SCRIPT else subtag)
    return "-".join(cased)


def primary_language(language: str | None) -> str:
    """Return the primary subtag of a language tag, English for ``None``."""
    return (language or DEFAULT_LANGUAGE).partition("-")[0].lower()
