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
from mentor_api.http.deadlines import PacedSocket
from mentor_api.http.problems import Problem
from mentor_api.pictures.decoder import PictureDecoder
from mentor_api.pictures.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 1_000_000
SOMEBODY = "5ee0000000000000000000a1"
HANG = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(600)"

DECODE = """
import pathlib, resource, sys
from mentor_api.pictures.decoder import PictureDecoder

decoder, photo = PictureDecoder(12_000_000), pathlib.Path(sys.argv[1]).read_bytes()

def peak():
    decoder.decode(photo, "somebody", lambda: False)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

first = peak()
print(peak() - first)
"""

# Tells its picture's last byte.
TOLD = """
import os, sys, time
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
with open(sys.argv[2], "ab") as told: told.write(sys.stdin.buffer.read()[-1:])
print('{"suffix": ".jpg"}')
"""

UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all()
import json, os, pathlib, sys, threading
from mentor_api.pictures.decoder import PictureDecoder

argv, (released, forked) = json.loads(sys.argv[1]), map(pathlib.Path, sys.argv[2:])
os.register_at_fork(after_in_child=forked.touch)
asked = threading.Event()

def has_left():
    asked.set()
    return False

def release():
    asked.wait()
    released.touch()

threading.Thread(target=release).start()
raw = sys.stdin.buffer.read()
PictureDecoder(1, seconds=600, argv=tuple(argv)).decode(raw, "somebody", has_left)
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
        decoder.decode(raw, SOMEBODY, stays)
    return refused.value


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_picture_goes_through_and_what_is_wrong_keeps_its_status_and_text() -> None:
    decoder = PictureDecoder(LIMIT)
    picture = decoder.decode(jpeg(16, 9), SOMEBODY, stays)
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
    refused = refusal(PictureDecoder(LIMIT, 1.0, hanging), jpeg())
    assert (refused.status, refused.retry_after) == (503, 5)
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_a_decoder_is_killed_when_its_client_leaves(tmp_path: Path) -> None:
    written = tmp_path / "pid"

    def leaves_once_it_runs() -> bool:
        return written.exists() and bool(written.read_text())

    with pytest.raises(Problem, match="the client left"):
        PictureDecoder(LIMIT, argv=child(HANG, written)).decode(
            jpeg(), SOMEBODY, leaves_once_it_runs
        )
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
        broken.decode(jpeg(), SOMEBODY, stays)


def test_a_persons_many_pictures_keep_nobody_elses_out(tmp_path: Path) -> None:
    """The first is held until all the others wait; what is decoded then, one a time, is told."""
    released, told = tmp_path / "released", tmp_path / "told"
    decoder = PictureDecoder(LIMIT, argv=child(TOLD, released, told))
    senders = [("many", number) for number in range(6)] + [("another", 6), ("a third", 7)]
    threads = []
    for person, number in senders:
        waits = threading.Event()

        def has_left(waits: threading.Event = waits) -> bool:
            waits.set()
            return False

        picture = jpeg() + bytes([number])
        threads.append(threading.Thread(target=decoder.decode, args=(picture, person, has_left)))
        threads[-1].start()
        waits.wait()  # whether its client is still there is asked of all that wait
    released.touch()
    for each in threads:
        each.join()
    assert list(told.read_bytes()) == [0, 6, 7, 1, 2, 3, 4, 5]


def test_who_gives_up_lets_the_next_one_go() -> None:
    turns, asked = Turns(), threading.Event()
    done = []

    def last() -> None:
        with turns.turn("last", asked.set, 0.01):
            done.append("last")

    def leave() -> None:
        raise LookupError

    with turns.turn("first", lambda: None, 1):
        waiting = threading.Thread(target=last)
        waiting.start()
        asked.wait()
        with pytest.raises(LookupError), turns.turn("left", leave, 0.01):
            pass
        assert not done
    waiting.join()
    assert done == ["last"]


def test_while_a_picture_is_decoded_the_process_goes_on_and_nothing_of_it_in_the_child(
    tmp_path: Path,
) -> None:
    """As under gunicorn: gevent's Popen would call what is registered for forks in the child."""
    released, forked = tmp_path / "released", tmp_path / "forked"
    argv = child(TOLD, released, tmp_path / "told")
    arguments = [json.dumps(argv), str(released), str(forked)]
    subprocess.run([sys.executable, "-c", UNDER_GEVENT, *arguments], check=True, input=jpeg())
    assert (tmp_path / "told").exists()
    assert not forked.exists()


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_client_has_left_once_its_connection_is_closed(
    connection: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = connection
    paced = PacedSocket(ours, longest=30.0, least_rate=4096)
    with Flask("").test_request_context(environ_overrides={"gunicorn.socket": paced}):
        assert not has_left()
        theirs.send(b"GET / HTTP/1.1")  # the next request, in advance
        assert not has_left()
        ours.recv(100)
        theirs.close()
        assert has_left()
    with Flask("").test_request_context():
        assert not has_left()


def test_decoding_gives_way_to_what_answers_requests(tmp_path: Path) -> None:
    """From the moment it looks whether the client is still there; so also while it starts."""
    written = tmp_path / "pid"
    seen: list[int] = []

    def leaves_once_it_runs() -> bool:
        if not (written.exists() and written.read_text()):
            return False
        seen.append(os.getpriority(os.PRIO_PROCESS, int(written.read_text())))
        return True

    decoder = PictureDecoder(LIMIT, argv=child(HANG, written))
    with pytest.raises(Problem, match="the client left"):
        decoder.decode(jpeg(), SOMEBODY, leaves_once_it_runs)
    assert seen == [min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)]
