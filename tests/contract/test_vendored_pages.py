"""The library that the pages carry: what npm's lock pins, unchanged, with its licences."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

API = Path(__file__).parents[2] / "services" / "api"
VENDOR = API / "src" / "mentor_api" / "pages" / "vendor"


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    """What ``make vendor`` has recorded."""
    recorded: dict[str, Any] = json.loads((API / "pages" / "vendor.lock.json").read_text())
    return recorded


def test_each_vendored_file_is_as_it_was_made(lock: dict[str, Any]) -> None:
    carried = {path.name: path for path in VENDOR.iterdir() if not path.name.endswith(".d.ts")}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in carried.items()}
    assert hashes == lock["sha256"]


def test_it_is_made_of_what_npms_lock_pins(lock: dict[str, Any]) -> None:
    locked = json.loads((API / "pages" / "package-lock.json").read_text())["packages"]
    assert lock["packages"]
    for name, package in lock["packages"].items():
        pinned = locked[f"node_modules/{name}"]
        assert package == {key: pinned[key] for key in ("version", "license", "integrity")}, name
        short = name.rpartition("/")[2]
        assert f"{name} {package['version']}, MIT" in (VENDOR / f"{short}.js").read_text()
        assert "Permission is hereby granted" in (VENDOR / f"LICENSE-{short}").read_text()


def test_a_browser_finds_all_that_it_imports_and_nothing_is_evaluated() -> None:
    for path in VENDOR.glob("*.js"):
        text = path.read_text()
        for imported in re.findall(r'(?:from|import)\s*"([^"]+)"', text):
            assert (VENDOR / imported).is_file(), f"{path.name}: {imported}"
        assert not re.search(r"\beval\(|new Function|sourceMappingURL", text), path.name
