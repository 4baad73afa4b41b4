"""One upload through the handler: what lies in the static bucket afterwards."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.errors import PermanentError, TransientError
from mentor_common.events import SourceObject, Trim, UploadAccepted
from mentor_common.media import Limits, Tools
from mentor_common.work.upload_work import Assignment
from mentor_local.corpus import make_odd
from mentor_local.corpus.measure import brightness, streams
from mentor_transcoder.handlers import Transcoder
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.work.result import WorkDone

    Work = Callable[..., WorkDone]

PREFIX = "videos/m/q/u/1"


@pytest.fixture
def work(cloud: Any, tmp_path: Path) -> Work:
    """Return a function that lets the handler work on a file; keywords change the limits."""
    environment = cloud.environment("transcoder")
    storage = Storage(clients.client("s3", "us-east-1"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def run(path: Path, *, trim: Trim | None = None, **limits: Any) -> WorkDone:
        bucket, key = environment["SIGNED_UPLOAD_BUCKET"], f"user1/{uuid.uuid4()}"
        storage.upload(path, bucket, key)
        head = storage.head(bucket, key)
        upload = UploadAccepted(
            upload_id=str(uuid.uuid4()),
            mentor=secrets.token_hex(12),
            question=secrets.token_hex(12),
            source=SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size),
            trim=trim,
            transcribe=False,
            is_vbg_video=True,
        )
        handler = Transcoder(
            storage=storage,
            bucket=environment["S3_STATIC_ARN"].rpartition(":")[2],
            work_dir=scratch,
            tools=Tools(),
            profile=Profile.FAST,
            limits=Limits(**limits),
        )
        done = asyncio.run(handler(Assignment(upload, PREFIX, [], lambda _: None)))
        assert list(scratch.iterdir()) == []
        return done

    return run


def test_a_trimmed_virtual_background_recording(cloud: Any, work: Work, tmp_path: Path) -> None:
    source = make_odd("alpha-vp9.webm", tmp_path / "odd")
    done = work(source, trim=Trim(start=0.3, end=1.5))
    assert done.failures == {}
    assert done.results == {
        "original": f"{PREFIX}/original.webm",
        "web": f"{PREFIX}/web.mp4",
        "web_transparent": f"{PREFIX}/web.webm",
        "mobile": f"{PREFIX}/mobile.mp4",
        "mobile_transparent": f"{PREFIX}/mobile.webm",
        "thumbnail": f"{PREFIX}/thumbnail.jpg",
    }
    s3 = cloud.client("s3")
    bucket = cloud.environment("transcoder")["S3_STATIC_ARN"].rpartition(":")[2]
    kinds, tags = {}, {}
    for name, key in done.results.items():
        path = tmp_path / key.rpartition("/")[2]
        s3.download_file(bucket, key, str(path))
        kinds[name] = s3.head_object(Bucket=bucket, Key=key)["ContentType"]
        tags[name] = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    assert tags.pop("original") == [{"Key": "kind", "Value": "original"}]
    assert not any(tags.values())
    assert kinds["thumbnail"] == "image/jpeg"
    assert kinds["web_transparent"] == kinds["original"] == "video/webm"
    assert kinds["web"] == "video/mp4"
    assert (tmp_path / "original.webm").read_bytes() == source.read_bytes()
    for name in ("web", "mobile"):
        clear = brightness(tmp_path / f"{name}.webm", decoder="libvpx-vp9", plane="a")
        assert len(clear) == 2 * 36
        assert int(streams(tmp_path / f"{name}.mp4")[0]["nb_read_packets"]) == 36
    assert done.facts["web_rendition"] == "encoded: transparency"
    assert done.facts["web_duration_ms"] == pytest.approx(1200, abs=100)


def test_a_file_beyond_the_limit_is_refused_before_it_is_fetched(
    work: Work, tmp_path: Path
) -> None:
    with pytest.raises(PermanentError) as refused:
        work(make_odd("plain.mp4", tmp_path / "odd"), max_bytes=1000)
    assert refused.value.code == "too_large"


def test_without_room_for_the_work_it_is_done_later(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_odd("plain.mp4", tmp_path / "odd")
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage())
    with pytest.raises(TransientError, match="needed"):
        work(path)


class _Usage:
    free = 1 << 20
