from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from mentor_transcriber.model import KNOWN, ModelSettings, ModelSettingsError, find, pinned
from mentor_transcriber.model.manifest import read

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_transcriber.model import Model

OUTSIDE = ["../model", "a/b", "/etc/passwd", ".hidden", "..", "", "a\\b", "a\n", "a\0"]


def changed(manifest: Path, change: Any) -> Path:
    document = json.loads(manifest.read_text())
    change(document)
    manifest.write_text(json.dumps(document))
    return manifest


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_in_a_manifest_leads_out_of_its_folder(manifest: Path, name: str) -> None:
    toy = json.loads(manifest.read_text())["toy"]
    for document in (
        {name: toy},
        {"toy": {**toy, "revision": name}},
        {"toy": {**toy, "wheels": name}},
        {"toy": {**toy, "files": {**toy["files"], name: toy["files"]["model.bin"]}}},
    ):
        manifest.write_text(json.dumps(document))
        with pytest.raises(ModelSettingsError, match="is no manifest"):
            read(manifest)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda given: given["toy"]["files"].pop("model.bin"), "needs model.bin"),
        (lambda given: given["toy"]["files"].pop("vocabulary.txt"), "needs vocabulary.txt"),
        (lambda given: given["toy"].pop("revision"), "toy.revision"),
        (lambda given: given["toy"]["files"]["model.bin"].update(sha256="abc"), "sha256"),
        (lambda given: given["toy"]["files"]["model.bin"].update(size=0), "size"),
        (lambda given: given["toy"].update(url="x"), "toy.url"),
    ],
)
def test_a_manifest_that_pins_no_whole_model_is_refused_by_name(
    manifest: Path, change: Any, problem: str
) -> None:
    with pytest.raises(ModelSettingsError, match=re.escape(problem)):
        read(changed(manifest, change))


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelSettingsError, match=r"nowhere\.json: No such file"):
        read(tmp_path / "nowhere.json")


@pytest.mark.parametrize("model", KNOWN.values(), ids=KNOWN)
def test_each_part_of_a_known_model_is_of_a_wheel_that_its_lock_pins(model: Model) -> None:
    parts = [part for file in model.files.values() for part in file.parts]
    if model.lock is None:
        assert not parts
        return
    lock = model.lock.read_text()
    wheels = re.findall(
        r"^([a-z0-9-]+)==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}$", lock, re.MULTILINE
    )

    assert {part.partition("/")[0].replace("_", "-") for part in parts} == set(wheels)
    assert all(file.parts for file in model.files.values())
    assert "://" not in lock


def test_a_manifest_of_ones_own_may_pin_a_known_name_anew(
    settings: ModelSettings, manifest: Path
) -> None:
    changed(manifest, lambda given: given.update(base=given["toy"]))

    assert pinned(settings.model_copy(update={"whisper_model": "base"})).revision[:4] == "0123"
    assert pinned(settings.model_copy(update={"whisper_model": "small"})) == KNOWN["small"]


def test_an_unknown_model_is_refused_with_those_that_are_known(settings: ModelSettings) -> None:
    unknown = settings.model_copy(update={"whisper_model": "smal"})

    with pytest.raises(ModelSettingsError, match=r"WHISPER_MODEL: no model 'smal' .*small.*toy"):
        find(unknown)


def test_a_folder_of_ones_own_has_to_hold_a_model(settings: ModelSettings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"whisper_model_dir": tmp_path})
    with pytest.raises(ModelSettingsError, match=r"WHISPER_MODEL_DIR: .* model\.bin is missing"):
        find(own)

    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("of my own")

    assert find(own) == tmp_path
