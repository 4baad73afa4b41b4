"""A small model, a manifest that pins it, and a mirror that serves it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from mentor_transcriber.model import Model, ModelSettings
from mentor_transcriber.model.__main__ import main
from mentor_transcriber.model.manifest import read
from model_mirror import FILES, REVISION, Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    files = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in FILES.items()
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"toy": {"revision": REVISION, "files": files}}))
    return path


@pytest.fixture
def toy(manifest: Path) -> Model:
    return read(manifest)["toy"]


@pytest.fixture
def server(toy: Model) -> Iterator[Server]:
    """Serve the toy as a mirror does."""
    files = {f"/models/{toy.folder}/{name}": content for name, content in FILES.items()}
    with serving(Server(files)) as site:
        yield site


@pytest.fixture
def settings(tmp_path: Path, manifest: Path, server: Server) -> ModelSettings:
    return ModelSettings(
        whisper_model="toy",
        whisper_model_home=tmp_path / "home",
        whisper_model_manifest=manifest,
        whisper_model_mirror=SecretStr(server.address),
    )


@pytest.fixture
def environment(settings: ModelSettings) -> dict[str, str]:
    """Return settings as variables, without any source."""
    return {
        "WHISPER_MODEL": settings.whisper_model,
        "WHISPER_MODEL_HOME": str(settings.whisper_model_home),
        "WHISPER_MODEL_MANIFEST": str(settings.whisper_model_manifest),
        "HF_HUB_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture
def run(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that does what a command line says: exit code, output, errors."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def answer(*arguments: str) -> tuple[int, str, str]:
        return main(list(arguments)), *capsys.readouterr()

    return answer


@pytest.fixture
def command(environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that starts ``python -m mentor_transcriber.model``."""

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mentor_transcriber.model", *arguments],
            env={"PATH": os.environ["PATH"], **environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
