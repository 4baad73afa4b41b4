from __future__ import annotations

import io

import pytest

from mentor_local.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()

    Console(stream).line("api", "listening")

    assert stream.getvalue() == "\x1b[36mapi         |\x1b[0m listening\n"


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_no_color_and_files_get_plain_text(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(stream)

    console.line("api", "listening")
    console.note("all is up")
    console.bare("ready")

    assert stream.getvalue() == "api         | listening\nstack       | all is up\nready\n"


def test_each_name_keeps_its_own_colour() -> None:
    stream = io.StringIO()
    console = Console(stream, coloured=True)

    for name in ("api", "notifier", "api"):
        console.line(name, "x")

    first, second, third = stream.getvalue().splitlines()
    assert first == third
    assert first[:5] != second[:5]
