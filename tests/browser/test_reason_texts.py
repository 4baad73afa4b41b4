"""Every reason that the server gives an upload or a task of it has the studio's own words."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import EXHAUSTED
from mentor_common.media.probe import TOO_DEMANDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
COMMON = "libs/common/src/mentor_common"
GIVES_REASONS = (
    f"{COMMON}/adapters.py",
    f"{COMMON}/explain",
    f"{COMMON}/media",
    "services/api/src/mentor_api/uploads/status.py",
    "services/transcoder/src",
    "services/transcriber/src",
)
MAKERS = {"PermanentError", "RenditionFailed", "Reason.of"}
CONSTANTS = {"TOO_DEMANDING": TOO_DEMANDING}
CHOICES: dict[str, tuple[Any, ...]] = {
    "type": ("AVI", ""),
    "is_video": (False, True),
    "kind": ("prores",),
    "whole": (7.5, 0),
    "megabytes": (7, 0),
    "minutes": (0, 1, 45, 120),
    "ahead": (0, 1, 140),
    "purpose": ("begin", "continue", "retry"),
    "is_lower_bound": (False, True),
    "halted": (None, "absent", "outage", "failing"),
}
"""Values of reasons, each of another branch of some text; any other value is a number."""
BROKEN = re.compile(r"undefined|null|NaN|\[object")


def reasons_in_code() -> dict[str, set[str]]:
    """Return the codes that the services' code gives, and the names of their values."""
    found: dict[str, set[str]] = {EXHAUSTED: set()}
    for code, values in itertools.chain.from_iterable(map(reasons_of, GIVES_REASONS)):
        found.setdefault(code, set()).update(values)
    return found


def reasons_of(place: str) -> Iterator[tuple[str, set[str]]]:
    path = ROOT / place
    for source in [path] if path.is_file() else sorted(path.rglob("*.py")):
        for call in ast.walk(ast.parse(source.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in MAKERS:
                continue
            match call.args[0]:
                case ast.Constant(value=str(code)):
                    pass
                case ast.Name(id=name):
                    code = CONSTANTS[name]
                case _:
                    continue  # passed on
            yield code, {keyword.arg for keyword in call.keywords if keyword.arg}


def documents() -> Iterator[dict[str, Any]]:
    """Yield every reason with every combination of its values, as a status document has it."""
    for code, names in reasons_in_code().items():
        choices = [[(name, value) for value in CHOICES.get(name, (7,))] for name in sorted(names)]
        for values in itertools.product(*choices):
            yield {"reason": "as it is", "reason_code": code, "reason_values": dict(values)}
    in_line = {"purpose": "begin", "is_lower_bound": False, "minutes": None, "halted": None}
    for ahead in (None, 3):
        place = in_line | {"ahead": ahead}
        yield {"reason": "", "reason_code": "waiting_for_worker", "reason_values": place}


def test_every_reason_has_a_text_of_the_studio_and_no_text_is_left_over(
    run: Callable[..., Any],
) -> None:
    codes = reasons_in_code()
    assert {"too_long", "encode_failed", "waiting_for_worker", "idle"} <= set(codes)
    assert set(run("texts", "Object.keys(m.reasons)")) == set(codes)

    given = list(documents())
    texts = run("format", "given.map(m.reasonText)", given)
    for document, text in zip(given, texts, strict=True):
        assert re.fullmatch(r"[A-Z0-9].+[.]", text), document
        assert not BROKEN.search(text), (document, text)
    assert texts[-2:] == [
        "Waiting for a free machine.",
        "Waiting for a free machine: 3 uploads ahead.",
    ]

    # Those of a newer or an older release are shown as they are.
    foreign = [
        {"reason": "it is new here", "reason_code": "of_tomorrow", "reason_values": {}},
        {"reason": "It is old.", "reason_code": None, "reason_values": {}},
        {"reason": "it is older"},
        {"reason": None, "reason_code": None, "reason_values": {}},
    ]
    expected = ["It is new here.", "It is old.", "It is older.", None]
    assert run("format", "given.map(m.reasonText)", foreign) == expected
