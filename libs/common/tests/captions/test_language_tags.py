"""Language tags: one case for each, and no other form."""

from __future__ import annotations

import pytest

from mentor_common.captions import canonical_tag, primary_language


@pytest.mark.parametrize(
    ("given", "canonical", "primary"),
    [
        ("en", "en", "en"),
        ("ES", "es", "es"),
        ("Es-mx", "es-MX", "es"),
        (" pt-br ", "pt-BR", "pt"),
        ("zh-hant-TW", "zh-Hant-TW", "zh"),
        ("ES-419", "es-419", "es"),
        ("yue-HANT-hk", "yue-Hant-HK", "yue"),
        ("DE-ch-1996", "de-CH-1996", "de"),
        ("SL-Nedis", "sl-nedis", "sl"),
        # RFC 5646's own examples: after a singleton all is lower case.
        ("EN-ca-X-CA", "en-CA-x-ca", "en"),
        ("sgn-be-fr", "sgn-BE-FR", "sgn"),
        ("AZ-LATN-X-LATN", "az-Latn-x-latn", "az"),
        ("AUTO", "auto", "auto"),
    ],
)
def test_a_tag_has_one_case(given: str, canonical: str, primary: str) -> None:
    assert canonical_tag(given) == canonical
    assert canonical_tag(canonical) == canonical
    assert primary_language(given.strip()) == primary


@pytest.mark.parametrize(
    "given", ["", "e", "es_MX", "es_MX.UTF-8", "es--MX", "es-", "-es", "Español", "12", "es MX"]
)
def test_what_is_no_tag_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="give one as `en` or `es-MX`, with hyphens"):
        canonical_tag(given)
