from __future__ import annotations

import hashlib
import shutil
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from tenacity import wait_none

from mentor_local.waiting import wait_until
from mentor_transcriber.model import ModelError, ModelSettings, ModelSettingsError, find
from mentor_transcriber.model.fetch import fetch
from mentor_transcriber.model.mirror import HttpReader, Mirror, mirror
from model_mirror import FILES, REVISION

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Cloud

    from mentor_transcriber.model import Model
    from model_mirror import Server

    Run = Callable[..., tuple[int, str, str]]

HALF = len(FILES["model.bin"]) // 2
SECRETS = ("hidden-user", "hidden-password", "hidden-signature")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def begun(settings: ModelSettings, toy: Model, weights: bytes) -> None:
    """Leave the first bytes of the weights, as a try does that ended early."""
    path = settings.whisper_model_home / f"{toy.folder}.partial/model.bin.partial"
    path.parent.mkdir(parents=True)
    path.write_bytes(weights)


def without_pauses(server: Server) -> list[Mirror]:
    return [Mirror("the mirror", HttpReader(server.address), wait_none())]


def get(settings: ModelSettings, server: Server, lines: list[str] | None = None) -> Path:
    return fetch(settings, (lines if lines is not None else []).append, without_pauses(server))


def test_a_model_is_fetched_once_and_found_from_then_on(
    settings: ModelSettings, toy: Model, server: Server
) -> None:
    assert find(settings) is None

    folder = get(settings, server)

    assert content(folder) == FILES
    assert folder.name == toy.folder == "toy-0123456789ab"
    assert find(settings) == folder == get(settings, server)
    assert len(server.asked) == len(FILES)


def test_a_transfer_that_is_cut_goes_on_where_it_ended(
    settings: ModelSettings, server: Server
) -> None:
    server.cut = [HALF, 1 << 20]

    folder = get(settings, server)

    assert content(folder) == FILES
    weights = [part for path, part in server.asked if path.endswith("model.bin")]
    assert weights == [None, "bytes=1048576-", "bytes=2097152-"]


def test_a_server_without_ranges_sends_the_file_again(
    settings: ModelSettings, server: Server
) -> None:
    server.ranges = False
    server.cut = [HALF]

    assert content(get(settings, server)) == FILES


def test_a_server_that_is_busy_is_asked_again(settings: ModelSettings, server: Server) -> None:
    server.statuses = [503, 429, 500]

    assert content(get(settings, server)) == FILES


def test_a_file_of_another_content_is_refused_and_nothing_of_it_stays(
    settings: ModelSettings, toy: Model, server: Server
) -> None:
    path = f"/models/{toy.folder}/model.bin"
    server.files[path] = server.files[path][:-1] + b"\0"

    with pytest.raises(ModelError, match=r"model\.bin has the SHA-256 \w{64} instead of \w{64}"):
        get(settings, server)

    assert find(settings) is None
    assert not list(settings.whisper_model_home.rglob("model.bin*"))


@pytest.mark.parametrize("size", [10, len(FILES["model.bin"]) + 1])
def test_a_file_of_another_size_is_refused_before_it_is_fetched(
    settings: ModelSettings, toy: Model, server: Server, size: int
) -> None:
    server.files[f"/models/{toy.folder}/model.bin"] = bytes(size)

    with pytest.raises(ModelError, match=rf"model\.bin has {size} bytes instead of 3145728"):
        get(settings, server)

    assert not list(settings.whisper_model_home.rglob("model.bin*"))


@pytest.mark.parametrize(
    ("status", "problem"), [(404, r"it has no toy-.*\(404\)"), (403, r"it refuses toy-.*\(403\)")]
)
def test_what_a_mirror_refuses_is_not_asked_again(
    settings: ModelSettings, server: Server, status: int, problem: str
) -> None:
    server.statuses = [status]

    with pytest.raises(ModelError, match=problem):
        get(settings, server)

    assert len(server.asked) == 1


def test_the_beginning_of_another_file_is_thrown_away(
    settings: ModelSettings, toy: Model, server: Server
) -> None:
    begun(settings, toy, bytes(HALF))

    assert content(get(settings, server)) == FILES
    assert [part for _, part in server.asked[:2]] == [f"bytes={HALF}-", None]


def test_what_one_source_lacks_comes_from_the_next(
    settings: ModelSettings, toy: Model, server: Server
) -> None:
    lines: list[str] = []
    first = Mirror("the first", HttpReader(f"{server.address}/nowhere"), wait_none())
    weights = server.files.pop(f"/models/{toy.folder}/config.json")
    server.files[f"/models/second/{toy.folder}/config.json"] = weights
    for name in ("tokenizer.json", "vocabulary.txt"):
        source = server.files.pop(f"/models/{toy.folder}/{name}")
        server.files[f"/models/second/{toy.folder}/{name}"] = source
    second = Mirror("the second", HttpReader(f"{server.address}/second"), wait_none())

    folder = fetch(settings, lines.append, [first, *without_pauses(server), second])

    assert content(folder) == FILES
    assert [path for path, _ in server.asked if path.endswith("model.bin")] == [
        f"/models/nowhere/{toy.folder}/model.bin",
        f"/models/{toy.folder}/model.bin",
    ]
    assert lines[0] == "fetching toy (3 MB) from the first"
    assert lines[-1] == "fetching toy (0 MB) from the second"


def test_a_damaged_file_alone_comes_again(settings: ModelSettings, server: Server) -> None:
    folder = get(settings, server)
    (folder / "config.json").write_bytes(b"damaged!")
    server.asked.clear()

    assert content(get(settings, server)) == FILES
    assert [path.rpartition("/")[2] for path, _ in server.asked] == ["config.json"]


def test_where_nothing_has_it_the_error_names_each_source_and_what_to_do(
    settings: ModelSettings,
) -> None:
    nowhere = Mirror("the mirror", HttpReader("http://127.0.0.1:9"), wait_none())

    with pytest.raises(ModelError) as caught:
        fetch(settings, lambda _line: None, [nowhere])

    said = str(caught.value)
    assert "the mirror: toy-0123456789ab/model.bin: ConnectionError" in said
    assert "WHISPER_MODEL_MIRROR" in said
    assert "WHISPER_MODEL_DIR" in said


def test_a_home_that_cannot_be_written_is_named(
    settings: ModelSettings, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "file").write_text("no folder")
    there = settings.model_copy(update={"whisper_model_home": tmp_path / "file" / "home"})

    with pytest.raises(ModelError, match="Not a directory; WHISPER_MODEL_HOME"):
        get(there, server)


def test_credentials_in_a_mirrors_address_are_used_and_never_shown(
    settings: ModelSettings, server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = server.address.removeprefix("http://")
    address = f"http://{SECRETS[0]}:{SECRETS[1]}@{host}?sig={SECRETS[2]}"
    server.statuses = [403]

    monkeypatch.setenv("WHISPER_MODEL_MIRROR", address)
    refused = run("fetch")
    monkeypatch.setenv("WHISPER_MODEL_MIRROR", address.replace("http:", "ftp:"))
    wrong = run("fetch")

    assert (refused[0], wrong[0]) == (1, 2)
    assert server.asked[0][0].endswith(f"?sig={SECRETS[2]}")
    assert f"fetching toy (3 MB) from {server.address}\n" in refused[2]
    shown = f"{refused} {wrong} {settings!r} {mirror(address)!r}"
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize(
    "address", ["ftp://host/x", "s3:///x", "models", "https://[", "https:///x"]
)
def test_an_address_that_is_no_mirror_is_a_wrong_setting(
    settings: ModelSettings, address: str
) -> None:
    wrong = settings.model_copy(update={"whisper_model_mirror": SecretStr(address)})

    with pytest.raises(ModelSettingsError, match="WHISPER_MODEL_MIRROR"):
        fetch(wrong, lambda _line: None)


def test_of_two_processes_one_fetches_and_the_other_waits(
    settings: ModelSettings, server: Server, command: Callable[..., subprocess.Popen[str]]
) -> None:
    server.hold = threading.Event()
    first = command("fetch", WHISPER_MODEL_MIRROR=server.address)
    assert server.held.wait(60)
    second = command("fetch", WHISPER_MODEL_MIRROR=server.address)
    assert second.stderr is not None
    assert second.stderr.readline() == "another process is fetching it; waiting for that\n"

    server.hold.set()

    folders = {each.communicate(timeout=60)[0].strip() for each in (first, second)}
    assert folders == {str(find(settings))}
    assert len(server.asked) == len(FILES)


def test_what_a_killed_process_left_is_no_model_and_is_finished_by_the_next(
    settings: ModelSettings,
    toy: Model,
    server: Server,
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    server.hold = threading.Event()
    killed = command("fetch", WHISPER_MODEL_MIRROR=server.address)
    partial = settings.whisper_model_home / f"{toy.folder}.partial" / "model.bin.partial"
    assert server.held.wait(60)
    wait_until(
        lambda: partial.exists() and partial.stat().st_size >= 1 << 20,
        seconds=60,
        what="the first bytes",
    )
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    server.hold.set()
    assert find(settings) is None

    assert content(get(settings, server)) == FILES
    assert server.asked[1][1] == "bytes=1048576-"
    assert not partial.parent.exists()


def test_a_mirror_in_s3_is_a_copy_of_the_home(
    cloud: Cloud, settings: ModelSettings, toy: Model
) -> None:
    s3, bucket = cloud.client("s3"), cloud.stack.static_bucket
    for name, file in FILES.items():
        s3.put_object(Bucket=bucket, Key=f"models/{toy.folder}/{name}", Body=file)
    begun(settings, toy, FILES["model.bin"][:HALF])
    there = SecretStr(f"s3://{bucket}/models")

    folder = fetch(settings.model_copy(update={"whisper_model_mirror": there}), lambda _line: None)

    assert content(folder) == FILES


@pytest.mark.parametrize(
    ("place", "problem"),
    [("{}/elsewhere", "it has no object elsewhere/toy-"), ("no-such-bucket", "NoSuchBucket")],
)
def test_what_s3_does_not_have_is_named(
    cloud: Cloud, settings: ModelSettings, place: str, problem: str
) -> None:
    there = SecretStr(f"s3://{place.format(cloud.stack.static_bucket)}")

    with pytest.raises(ModelError, match=problem):
        fetch(settings.model_copy(update={"whisper_model_mirror": there}), lambda _line: None)


def test_verify_tells_a_whole_model_from_a_damaged_one_and_path_prints_it(
    settings: ModelSettings, server: Server, run: Run
) -> None:
    code, _, problem = run("path")
    assert (code, problem.endswith("model fetch` gets it\n")) == (1, True)
    folder = get(settings, server)
    assert run("verify")[:2] == (0, f"{folder} is toy at {REVISION}: 4 files as pinned\n")
    assert run("path") == (0, f"{folder}\n", "")
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")

    code, _, problem = run("verify")

    assert (code, "model.bin has the SHA-256" in problem) == (1, True)
    assert run("path")[0] == 0, "sizes alone are compared where a service starts"


def test_pin_writes_a_manifest_for_a_model_of_ones_own(
    settings: ModelSettings,
    server: Server,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, manifest = tmp_path / "mine", tmp_path / "mine.json"
    shutil.copytree(get(settings, server), own)

    code, written, _ = run("pin", str(own))
    assert code == 0
    manifest.write_text(written)
    monkeypatch.setenv("WHISPER_MODEL", "mine")
    monkeypatch.setenv("WHISPER_MODEL_MANIFEST", str(manifest))
    monkeypatch.setenv("WHISPER_MODEL_DIR", str(own))

    assert run("verify") == (0, f"{own} is mine at 1: 4 files as pinned\n", "")
    assert run("fetch") == (0, f"{own}\n", "WHISPER_MODEL_DIR is set: nothing is fetched\n")
    code, _, problem = run("verify", "unknown")
    assert (code, "no model 'unknown' is pinned" in problem) == (2, True)
    assert run("pin", str(tmp_path / "nowhere"))[0] == 2


def test_the_hub_is_asked_for_the_pinned_revision(
    settings: ModelSettings,
    toy: Model,
    server: Server,
    command: Callable[..., subprocess.Popen[str]],
) -> None:
    manifest = settings.whisper_model_manifest
    assert manifest is not None
    pins = manifest.read_text()
    manifest.write_text(pins.replace('"revision"', '"repository": "a/toy", "revision"'))
    prefix = f"/models/a/toy/resolve/{toy.revision}"
    server.files = {f"{prefix}/{name}": file for name, file in FILES.items()}
    server.headers = {"ETag": f'"{hashlib.sha1(b"", usedforsecurity=False).hexdigest()}"'}
    server.headers["X-Repo-Commit"] = toy.revision

    done = command("fetch", HF_HUB_OFFLINE="0", HF_ENDPOINT=server.address)
    said = done.communicate(timeout=60)

    assert done.returncode == 0, said
    assert content(settings.whisper_model_home / toy.folder) == FILES
    assert set(server.files) <= {path for path, _ in server.asked}
