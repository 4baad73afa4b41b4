"""The commands of docs/deploy.md, and how far each was walked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "deploy.md"
EMULATOR, API_SERVER = "walked on the emulator", "walked on an API server"
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"# (?:not )?walked\b.*")


@dataclass(frozen=True)
class Command:
    """A command as it stands on the page, below its heading and its mark; empty without one."""

    text: str
    mark: str
    heading: str


def commands() -> list[Command]:
    """Return all commands of the page's blocks, in order; ``text`` is what they print."""
    page = PAGE.read_text()
    found = []
    for block in _BLOCK.finditer(page):
        if block[2] == "text":
            continue
        headings = re.findall(r"^##+ (.*)", page[: block.start()], re.MULTILINE)
        mark = ""
        for line in block[3].replace("\\\n", "").splitlines():
            text = line.strip()
            if _MARK.fullmatch(text):
                mark = text.removeprefix("# ")
            elif text:
                found.append(Command(text, mark, headings[-1]))
    return found


def walked(mark: str, heading: str = "") -> list[str]:
    """Return the commands whose mark begins so, of one heading or of all."""
    return [
        each.text
        for each in commands()
        if each.mark.startswith(mark) and heading in {"", each.heading}
    ]
