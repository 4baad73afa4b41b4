"""Fetching: pinned addresses, hops judged anew, size and time bounded, files kept off."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from mentor_api.transfers.copier import Copier
from mentor_api.transfers.remote import (
    Exceptions,
    FetchLimits,
    Hosts,
    RemoteFetcher,
    Stopped,
    host_of,
)
from mentor_common.errors import PermanentError, RemoteHostError, TransientError
from mentor_common.transfers.manifest import ListedMedium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIMITS = FetchLimits(max_bytes=1000, total_seconds=5, idle_seconds=2, redirects=3)


class Host:
    """A server of raw answers: each connection gets the next one."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.answers: list[list[bytes]] = []
        self.requests: list[bytes] = []
        self.pauses = 0
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65536))
                for part in self.answers.pop(0) if self.answers else []:
                    if part == b"...":
                        self.pauses += 1
                        self.closing.wait(0.15)
                        continue
                    try:
                        connection.sendall(part)
                    except OSError:
                        break

    def close(self) -> None:
        if self.closing.is_set():
            return
        self.closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.thread.join()


@pytest.fixture
def host() -> Iterator[Host]:
    running = Host()
    yield running
    running.close()


@pytest.fixture
def fetch(host: Host, tmp_path: Path) -> Callable[..., bytes]:
    def call(url: str = "", limits: FetchLimits = LIMITS, **more: object) -> bytes:
        exceptions = Exceptions.parse(f"127.0.0.1:{host.port}")
        path = tmp_path / "file"
        seen: list[tuple[int, int | None]] = []
        url = url or f"http://127.0.0.1:{host.port}/a b/ü.mp4?x=1"
        RemoteFetcher(limits, exceptions).fetch(
            url,
            path,
            lambda done, size: seen.append((done, size)),
            **more,  # type: ignore[arg-type]  # only `stop`
        )
        assert seen[-1][0] == path.stat().st_size
        return path.read_bytes()

    return call


def answer(body: bytes, status: str = "200 OK", *headers: str) -> list[bytes]:
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return ["\r\n".join(head).encode() + body]


def redirect(to: str) -> list[bytes]:
    return answer(b"", "302 Found", f"Location: {to}")


def test_a_file_comes_whole_by_a_request_that_names_its_host(
    host: Host, fetch: Callable[..., bytes]
) -> None:
    host.answers = [redirect("/b"), answer(b"x" * 999)]
    assert fetch() == b"x" * 999
    first, second = (request.decode() for request in host.requests)
    assert first.startswith("GET /a%20b/%C3%BC.mp4?x=1 HTTP/1.1\r\n")
    assert f"\r\nHost: 127.0.0.1:{host.port}\r\n" in first
    assert second.startswith("GET /b ")
    host.answers = [[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]]
    assert fetch() == b"abc"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "forbidden_scheme"),
        ("ftp://example.org/x", "forbidden_scheme"),
        ("gopher://example.org/x", "forbidden_scheme"),
        ("//example.org/x", "forbidden_scheme"),
        ("", "forbidden_scheme"),
        ("http:///x", "bad_url"),
        ("http://user:secret@example.org/x", "bad_url"),
        ("http://example.org:99999/x", "bad_url"),
        ("http://[::1/x", "bad_url"),
        ("http://a\r\nHost: b/x", "bad_url"),
        ("http://" + "a" * 5000, "bad_url"),
        ("http://127.0.0.1/x", "forbidden_address"),
        ("http://169.254.169.254/latest/meta-data", "forbidden_address"),
    ],
)
def test_what_is_not_asked_at_all(url: str, code: str, host: Host, tmp_path: Path) -> None:
    fetcher = RemoteFetcher(LIMITS)
    with pytest.raises(PermanentError) as caught:
        fetcher.fetch(url, tmp_path / "file", lambda *_: None)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert host.requests == []
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    "to", ["http://10.0.0.1/x", "http://127.0.0.1:1/x", "file:///etc/passwd", "http://[::1]/x"]
)
def test_each_hop_is_judged_anew(to: str, host: Host, fetch: Callable[..., bytes]) -> None:
    host.answers = [redirect("/again"), redirect(to)]
    with pytest.raises(PermanentError, match="forbidden"):
        fetch()
    assert len(host.requests) == 2


def test_a_name_that_changes_its_address_gains_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """DNS rebinding: the name is asked for once, and the judged address is connected to."""
    asked, connected = [], []

    def resolve(name: str, port: int, **_more: object) -> list[tuple[object, ...]]:
        asked.append(name)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(2, 1, 6, "", (address, port))]

    def connect(address: tuple[str, int], *_more: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    url = f"http://rebinding.example.org:{host.port}/x"
    with pytest.raises(TransientError):
        RemoteFetcher(LIMITS).fetch(url, tmp_path / "file", lambda *_: None)
    assert asked == ["rebinding.example.org"]
    assert connected == [("93.184.216.34", host.port)]
    with pytest.raises(PermanentError, match="forbidden_address"):
        RemoteFetcher(LIMITS).fetch(url, tmp_path / "file", lambda *_: None)
    assert len(connected) == 1


def test_a_proxy_of_the_environment_is_not_used(
    host: Host, fetch: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    host.answers = [answer(b"direct")]
    assert fetch() == b"direct"


def test_what_is_too_large_is_not_read(host: Host, fetch: Callable[..., bytes]) -> None:
    host.answers = [answer(b"x" * 1001)]
    with pytest.raises(PermanentError, match="too_large"):
        fetch()
    host.answers = [[b"HTTP/1.1 200 OK\r\n\r\n", *[b"y" * 500] * 4]]
    with pytest.raises(PermanentError, match="too_large"):
        fetch()


def test_who_drips_is_cut_off(host: Host, fetch: Callable[..., bytes]) -> None:
    quick = FetchLimits(max_bytes=1000, total_seconds=0.4, idle_seconds=2)
    drips = [b"x", b"..."] * 20
    for head in (b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"):
        host.answers = [[head, *drips]]
        host.pauses = 0
        with pytest.raises(PermanentError, match="too_slow"):
            fetch(limits=quick)
        assert host.pauses < drips.count(b"..."), "it did not wait for the rest"


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], TransientError),
        ([b"not http\r\n\r\n"], TransientError),
        ([b""], TransientError),
        (answer(b"", "503 Busy"), TransientError),
        (answer(b"", "429 Slow down"), TransientError),
        (answer(b"", "404 Gone"), PermanentError),
        (answer(b"", "403 No"), PermanentError),
        (answer(b"abc", "206 Partial"), PermanentError),
        (answer(b""), PermanentError),
        (answer(b"", "302 Found"), PermanentError),
    ],
)
def test_what_may_go_better_later_and_what_may_not(
    parts: list[bytes], error: type[Exception], host: Host, fetch: Callable[..., bytes]
) -> None:
    host.answers = [parts]
    with pytest.raises(error):
        fetch()


QUICK = FetchLimits(1000, total_seconds=30, answer_seconds=0.3, idle_seconds=0.3)
FILE = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([b"..."] * 20, "keeps us waiting"),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n", b"..."] * 20], "keeps us waiting"),
        ([FILE, *[b"..."] * 20], "keeps us waiting"),
        ([FILE, *[b"x", b"..."] * 20], "sends too slowly"),
        ([FILE + b"abc"], "broke off after 3 of 99 bytes"),
        ([b""], "broke the connection off"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"], "broke the conn"),
        ([b"not http\r\n\r\n"], "does not answer like a web server"),
        (answer(b"", "503 Busy"), "answers 503"),
        (answer(b"", "429 Slow down"), "answers 429"),
    ],
    ids=[
        *("says nothing", "drips headers", "silent body", "drips body", "half a body", "hangs up"),
        *("half a chunk", "no web server", "503", "429"),
    ],
)
def test_a_host_that_accepts_and_does_not_deliver_is_named_without_the_address(
    parts: list[bytes], reason: str, host: Host, fetch: Callable[..., bytes]
) -> None:
    host.answers = [parts]
    with pytest.raises(RemoteHostError) as caught:
        fetch(f"http://127.0.0.1:{host.port}/secret/x.mp4?token=secret", limits=QUICK)
    assert caught.value.reason.startswith("127.0.0.1 ")
    assert reason in caught.value.reason
    assert "secret" not in caught.value.reason


def test_redirects_share_one_time_limit(host: Host, fetch: Callable[..., bytes]) -> None:
    host.answers = [[b"...", *redirect("/on")]] * 9
    with pytest.raises(RemoteHostError, match="keeps us waiting"):
        fetch(limits=QUICK)
    assert len(host.requests) < 4


def test_a_host_that_refuses_or_says_nothing_to_a_tls_greeting_is_named(
    host: Host, fetch: Callable[..., bytes]
) -> None:
    host.answers = [[b"..."] * 20]
    with pytest.raises(RemoteHostError, match=r"127\.0\.0\.1 keeps us waiting"):
        fetch(f"https://127.0.0.1:{host.port}/x", limits=QUICK)
    host.close()
    with pytest.raises(RemoteHostError, match=r"127\.0\.0\.1 refuses the connection"):
        fetch(limits=QUICK)


def test_a_silent_host_is_not_asked_again_for_a_while(host: Host, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{host.port}/x"
    hosts = Hosts(at_once=2, pause_seconds=3600)
    fetcher = RemoteFetcher(QUICK, Exceptions.parse(f"127.0.0.1:{host.port}"), hosts)
    host.answers = [[b"..."] * 3] * 9
    for _ in range(5):
        with pytest.raises(RemoteHostError, match=r"127\.0\.0\.1"):
            fetcher.fetch(url, tmp_path / "file", lambda *_: None)
    assert len(host.requests) == 2
    assert hosts.is_paused(str(host_of(url)))


def test_a_full_disk_is_no_fault_of_the_host(
    host: Host, fetch: Callable[..., bytes], tmp_path: Path
) -> None:
    host.answers = [answer(b"x" * 10)]
    (tmp_path / "file").symlink_to("/dev/full")
    with pytest.raises(TransientError, match="work folder: No space left") as caught:
        fetch()
    assert not isinstance(caught.value, RemoteHostError)


def test_redirects_end(host: Host, fetch: Callable[..., bytes]) -> None:
    host.answers = [redirect("/on")] * 9
    with pytest.raises(PermanentError, match="too often"):
        fetch()
    assert len(host.requests) == 4


def test_a_fetch_can_be_stopped(host: Host, fetch: Callable[..., bytes]) -> None:
    stop = threading.Event()
    stop.set()
    host.answers = [answer(b"abc")]
    with pytest.raises(Stopped):
        fetch(stop=stop)


@pytest.fixture
def tls_host(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Serve a file over TLS; give the port, and a certificate that nobody else knows."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    named = ["-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *named, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(answer(b"secret no more")[0])

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1], certificate
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_tls_is_spoken_and_the_certificate_is_checked(
    tls_host: tuple[int, Path], tmp_path: Path
) -> None:
    port, certificate = tls_host
    url = f"https://127.0.0.1:{port}/x"
    fetcher = RemoteFetcher(LIMITS, Exceptions.parse(f"127.0.0.1:{port},localhost:{port}"))
    with pytest.raises(PermanentError, match="bad_certificate"):
        fetcher.fetch(url, tmp_path / "file", lambda *_: None)
    fetcher._tls.load_verify_locations(certificate)
    fetcher.fetch(url, tmp_path / "file", lambda *_: None)
    assert (tmp_path / "file").read_bytes() == b"secret no more"
    with pytest.raises(PermanentError, match="bad_certificate"):
        fetcher.fetch(f"https://localhost:{port}/x", tmp_path / "file", lambda *_: None)


def test_a_side_that_speaks_no_tls_is_asked_nothing(
    host: Host, fetch: Callable[..., bytes]
) -> None:
    host.answers = [answer(b"plain")]
    with pytest.raises(RemoteHostError, match="does not speak TLS as it should"):
        fetch(f"https://127.0.0.1:{host.port}/x")
    assert host.requests[0].startswith(b"\x16\x03"), "a TLS greeting, no request"


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "//[", "http://[v1.x]/", "http://a:٨٠/", f"http://a:{'9' * 5000}/", "\\\\[::1"],
)
def test_a_redirect_to_what_is_no_address_fails_for_good(
    host: Host, fetch: Callable[..., bytes], location: str
) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode() + b"\r\n\r\n"
    host.answers = [[head]]
    with pytest.raises((PermanentError, RemoteHostError)):
        fetch()


@pytest.mark.parametrize(
    ("length", "code"),
    [
        ("9" * 5000, "too_large"),
        ("0" * 5000 + "1001", "too_large"),
        (str(10**18), "too_large"),
    ],
)
def test_a_length_of_very_many_digits_is_a_number_like_any_other(
    host: Host, fetch: Callable[..., bytes], length: str, code: str
) -> None:
    host.answers = [[f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabc".encode()]]
    with pytest.raises(PermanentError, match=code):
        fetch()


@pytest.mark.parametrize("length", ["٣", "²", "-3", "+3", "3.0", "3, 3", "x"])
def test_a_length_that_is_no_number_is_as_good_as_none(
    host: Host, fetch: Callable[..., bytes], length: str
) -> None:
    host.answers = [[b"HTTP/1.1 200 OK\r\nContent-Length: " + length.encode() + b"\r\n\r\nabc"]]
    assert fetch() == b"abc"


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://[", "//[::1/x", "http://a]b/", "http://\ud800/"]
)
def test_an_exported_address_that_cannot_be_read_is_said_to_be_so(url: str, tmp_path: Path) -> None:
    assert host_of(url) is None
    nothing: Any = None
    copier = Copier(nothing, "static", RemoteFetcher(LIMITS), "https://static/", 1)
    medium = ListedMedium(question="q", field="webMedia", url=url)
    with pytest.raises(PermanentError, match=r"bad_url|forbidden_scheme"):
        copier.copy(medium, "prefix", tmp_path, nothing, threading.Event())
    assert copier.host_of(medium) is None


@pytest.mark.parametrize("url", ["https://static/", "?x", "https://static/#a", "x" * 1025])
def test_an_address_of_ours_without_a_key_that_can_be_is_not_there(
    url: str, tmp_path: Path
) -> None:
    nothing: Any = None
    copier = Copier(nothing, "static", RemoteFetcher(LIMITS), "https://static/", 1)
    medium = ListedMedium(question="q", field="webMedia", url=url)
    with pytest.raises(PermanentError, match="not_found"):
        copier.copy(medium, "prefix", tmp_path, nothing, threading.Event())
