"""Answers of GraphQL: what is no text is none to those who store it."""

from __future__ import annotations

import pytest
import requests

from mentor_common.graphql import _data_of


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r'"a\ud800b"', "a?b"),
        (r'"\uDFFF"', "?"),
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (r'{"\udead": ["\ud800"]}', {"?": ["?"]}),
        (r'"\\ud800"', r"\ud800"),
        ('"\N{GRINNING FACE}"', "\N{GRINNING FACE}"),
    ],
)
def test_half_a_character_is_read_as_a_question_mark(sent: str, read: object) -> None:
    response = requests.Response()
    response.status_code = 200
    response._content = f'{{"data": {{"text": {sent}}}}}'.encode()
    assert _data_of(response) == {"text": read}
