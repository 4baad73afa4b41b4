"""Decoding in a child: what it may use, how it ends, who waits for it."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from PIL import Image

from mentor_api.http.connection import has_left
from mentor_api.http.problems import Problem
from mentor_api.pictures.decoder import Patience, PictureDecoder
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 1_000_000
HANG = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(600)"

DECODE = """
import pathlib, resource, sys
from mentor_api.pictures.decoder import PictureDecoder

decoder, photo = PictureDecoder(12_000_000), pathlib.Path(sys.argv[1]).read_bytes()

def peak():
    decoder.decode(photo, lambda: False)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

first = peak()
print(peak() - first)
"""


def stays() -> bool:
    return False


def jpeg(width: int = 8, height: int = 8) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height)).save(target, "JPEG")
    return target.getvalue()


def child(code: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code, *map(str, arguments))


def refusal(decoder: PictureDecoder, raw: bytes) -> Problem:
    with pytest.raises(Problem) as refused:
        decoder.decode(raw, stays)
    return refused.value


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_picture_goes_through_and_what_is_wrong_keeps_its_status_and_text() -> None:
    decoder = PictureDecoder(LIMIT)
    picture = decoder.decode(jpeg(16, 9), stays)
    assert picture.suffix == ".jpg"
    assert Image.open(io.BytesIO(picture.content)).size == (16, 9)
    refused = [refusal(decoder, raw) for raw in (b"", b"GIF89a", jpeg()[:-100], jpeg(2000, 501))]
    assert [(each.status, each.message) for each in refused] == [
        (400, "the image file is empty"),
        (415, "only png/jpg images are accepted"),
        (400, "the image is damaged or cut off; save it again and retry"),
        (413, "the image has more than 1000000 pixels; make it smaller"),
    ]


def test_pictures_leave_nothing_in_the_process_that_has_them_decoded(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(4000, 3000))
    done = subprocess.run(
        [sys.executable, "-c", DECODE, str(photo)], check=True, capture_output=True, text=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 8 << 20, "decoded, one of them has 48 MB"


def test_a_decoder_that_hangs_is_killed_and_the_client_may_try_again(tmp_path: Path) -> None:
    hanging = child(HANG, tmp_path / "pid")
    refused = refusal(PictureDecoder(LIMIT, Patience(seconds=1.0), hanging), jpeg())
    assert (refused.status, refused.retry_after) == (503, 5)
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_a_decoder_is_killed_when_its_client_leaves(tmp_path: Path) -> None:
    written = tmp_path / "pid"

    def leaves_once_it_runs() -> bool:
        return written.exists() and bool(written.read_text())

    with pytest.raises(Problem, match="the client left"):
        PictureDecoder(LIMIT, argv=child(HANG, written)).decode(jpeg(), leaves_once_it_runs)
    assert has_ended(int(written.read_text()))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os.kill(os.getpid(), 24)", 400),  # SIGXCPU: it has used up its time
        ("import os; os.kill(os.getpid(), 11)", 400),
        ("import os; os.kill(os.getpid(), 9)", 503),
    ],
)
def test_how_a_decoder_ends_says_whose_fault_it_is(code: str, status: int) -> None:
    assert refusal(PictureDecoder(LIMIT, argv=child(code)), jpeg()).status == status


def test_a_decoder_that_cannot_start_is_a_defect_of_ours() -> None:
    broken = PictureDecoder(LIMIT, argv=child("raise ImportError('no Pillow')"))
    with pytest.raises(RuntimeError, match="no Pillow"):
        broken.decode(jpeg(), stays)


def test_one_is_decoded_some_wait_and_the_others_come_again(tmp_path: Path) -> None:
    released = tmp_path / "released"
    wait = (
        "import os, sys, time\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        'print(\'{"suffix": ".jpg"}\')'
    )
    decoder = PictureDecoder(LIMIT, Patience(queue=2), child(wait, released))
    looked = threading.Barrier(4)
    done: list[str] = []

    def send() -> None:
        first = iter([looked.wait])

        def has_left() -> bool:
            for meet in first:
                meet()
            return False

        done.append(decoder.decode(jpeg(), has_left).suffix)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for each in threads:
        each.start()
    looked.wait()  # for each of the three: it has asked once whether its client is still there
    refused = refusal(decoder, jpeg())
    assert (refused.status, refused.retry_after) == (503, 5)
    released.touch()
    for each in threads:
        each.join()
    assert done == [".jpg"] * 3


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_client_has_left_once_its_connection_is_closed(
    connection: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = connection
    with Flask("").test_request_context(environ_overrides={"gunicorn.socket": ours}):
        assert not has_left()
        theirs.send(b"GET / HTTP/1.1")  # the next request, in advance
        assert not has_left()
        ours.recv(100)
        theirs.close()
        assert has_left()
    with Flask("").test_request_context():
        assert not has_left()


def test_decoding_gives_way_to_what_answers_requests() -> None:
    argv = (sys.executable, "-P", "-m", "mentor_api.pictures.worker", str(LIMIT))
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe) as worker:
        wait_until(
            lambda: os.getpriority(os.PRIO_PROCESS, worker.pid) == min(19, ours + 5),
            seconds=60,
            what="the worker's priority",
        )
        answer, _ = worker.communicate(jpeg())
    assert json.loads(answer.partition(b"\n")[0]) == {"suffix": ".jpg"}
