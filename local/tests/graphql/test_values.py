"""Urls and markdown: what is read differs from what was written."""

from __future__ import annotations

import pytest

from mentor_local.graphql.values import absolute_url, without_markdown


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("videos/a.mp4", "https://s.org/", "https://s.org/videos/a.mp4"),
        ("videos/a.mp4", "https://s.org", "https://s.org/videos/a.mp4"),
        ("videos/a.mp4", "http://s.org:9000/bucket/", "http://s.org:9000/bucket/videos/a.mp4"),
        ("videos/a.mp4", "http://s.org:9000/bucket", "http://s.org:9000/videos/a.mp4"),
        ("/a.mp4", "https://s.org/bucket/", "https://s.org/a.mp4"),
        ("a b.mp4", "https://s.org/", "https://s.org/a%20b.mp4"),
        ("https://else.org/a.mp4", "https://s.org/", "https://else.org/a.mp4"),
        ("https://s.org/a.mp4", "https://s.org/", "https://s.org/a.mp4"),
        ("file:///etc/passwd", "https://s.org/", "file:///etc/passwd"),
        ("", "https://s.org/", ""),
        (None, "https://s.org/", ""),
    ],
)
def test_urls_are_resolved_on_the_static_base(url: str | None, base: str, expected: str) -> None:
    assert absolute_url(url, base) == expected


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("so *very* **bold** and ***both***", "so very bold and both"),
        ("_quite_ and __really__", "quite and really"),
        ("# Title\ntext", "Title\ntext"),
        ("- one\n- two\n1. three", "one\ntwo\nthree"),
        ("> said", "said"),
        ("[words](https://x.org) ![alt](a.png)", "words alt"),
        ("`code` and ~~gone~~", "code and gone"),
        ("<b>strong</b>", "strong"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("Plain speech, 2 < 3, it's 5 o'clock; snake_case_name!", None),
    ],
)
def test_markdown_is_taken_away_and_plain_text_stays(markdown: str, plain: str | None) -> None:
    assert without_markdown(markdown) == (markdown if plain is None else plain)
