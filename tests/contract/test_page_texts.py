"""What the pages say stands in their ``texts.js`` and nowhere else in their scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "services" / "api" / "src" / "mentor_api" / "pages"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
SENTENCE = re.compile(r"""["'`](?=[A-Z])[^"'`\n]*[a-z] [a-z][^"'`\n]*["'`]""")
"""A literal that begins as a sentence does and has several words."""
OF_THE_SERVER = {'shared/problem.js: "Not authorized"'}
"""Compared with what the server says."""


@pytest.mark.parametrize("page", ["ops", "shared", "studio"])
def test_every_sentence_of_a_page_is_among_its_texts(page: str) -> None:
    scripts = {path.relative_to(PAGES): path.read_text() for path in (PAGES / page).rglob("*.js")}
    texts = scripts.pop(Path(page) / "texts.js")
    assert SENTENCE.search(COMMENT.sub("", texts))
    found = {
        f"{path}: {sentence}"
        for path, text in scripts.items()
        for sentence in SENTENCE.findall(COMMENT.sub("", text))
    }
    assert found <= OF_THE_SERVER
