"""``python -m mentor_transcriber.model fetch|verify|path|pin``: the weights of Whisper.

Exit codes: 0 it is there; 1 it cannot be had, is missing or is not the pinned one; 2 a setting or
an argument is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mentor_common.settings import load
from mentor_transcriber.model.errors import ModelError, ModelSettingsError
from mentor_transcriber.model.fetch import fetch
from mentor_transcriber.model.find import find, pinned
from mentor_transcriber.model.folder import differences, sha256_of
from mentor_transcriber.model.settings import ModelSettings


def _fetch(settings: ModelSettings) -> str:
    """Return the model's folder, after fetching it where it is not there."""
    if settings.whisper_model_dir is not None:
        _report("WHISPER_MODEL_DIR is set: nothing is fetched")
        return str(find(settings))
    return str(fetch(settings, _report))


def _verify(settings: ModelSettings) -> str:
    """Return that a model is the pinned one."""
    folder, model = Path(_path(settings)), pinned(settings)
    if found := differences(model, folder):
        problems = "".join(f"\n  {name} {problem}" for name, problem in found.items())
        raise ModelError(
            f"{folder} is not {model.name} at {model.revision}:{problems}\n"
            "`fetch` mends a folder of WHISPER_MODEL_HOME. A model of your own is pinned in "
            "WHISPER_MODEL_MANIFEST; `pin FOLDER` writes its entry."
        )
    return f"{folder} is {model.name} at {model.revision}: {len(model.files)} files as pinned"


def _path(settings: ModelSettings) -> str:
    """Return the model's folder."""
    folder = find(settings)
    if folder is None:
        raise ModelError(
            f"{settings.whisper_model} is not in {settings.whisper_model_home}; "
            "`python -m mentor_transcriber.model fetch` gets it"
        )
    return str(folder)


def _pin(folder: Path) -> str:
    """Return a manifest with the files of a folder; its revision is to be filled in."""
    if not folder.is_dir():
        raise ModelSettingsError(f"{folder} is no folder")
    files = {
        path.name: {"sha256": sha256_of(path), "size": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    return json.dumps({folder.name: {"revision": "1", "files": files}}, indent=2)


def _report(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 -- for people


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mentor_transcriber.model", description="The weights of Whisper."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, about in (
        ("fetch", "get the model, unless it is there"),
        ("verify", "compare its files with their pinned SHA-256"),
        ("path", "print its folder"),
    ):
        command = verbs.add_parser(verb, help=about)
        command.add_argument("name", nargs="?", help="a pinned model (default: WHISPER_MODEL)")
    command = verbs.add_parser("pin", help="print a manifest for a model of your own")
    command.add_argument("folder", type=Path, help="its folder, named as the model")
    return parser


def _answer(given: argparse.Namespace) -> str:
    if given.verb == "pin":
        return _pin(given.folder)
    settings = load(ModelSettings)
    if given.name:  # a name is more particular than WHISPER_MODEL_DIR
        named = {"whisper_model": given.name, "whisper_model_dir": None}
        settings = settings.model_copy(update=named)
    return {"fetch": _fetch, "verify": _verify, "path": _path}[given.verb](settings)


def main(arguments: list[str] | None = None) -> int:
    """Do what a command line says; return the exit code."""
    try:
        print(_answer(_parser().parse_args(arguments)))  # noqa: T201 -- asked for
    except ModelSettingsError as error:
        _report(str(error))
        return 2
    except ModelError as error:
        _report(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
