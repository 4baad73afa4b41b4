"""Bodies of unknown length, forms of very many parts, and headers that only a proxy may send."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from gunicorn.http.parser import RequestParser
from pydantic import SecretStr

from mentor_api import bootstrap
from mentor_api.http.examples import USER
from mentor_api.http.operations import JSON_BODY_BYTES
from mentor_api.http.server import Server
from mentor_api.openapi.__main__ import offline_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

SECRET = "a-secret-of-the-tests-that-is-long-enough"
PART = b'--b\r\nContent-Disposition: form-data; name="mentor"\r\n\r\n1\r\n'
FORM = "multipart/form-data; boundary=b"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return bootstrap.web(offline_settings(jwt_secret=SecretStr(SECRET))).test_client()


def signed_in() -> dict[str, str]:
    claims = {"id": USER, "role": "USER", "mentorIds": [], "exp": 10**10}
    return {"Authorization": f"bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}


def post(client: FlaskClient, path: str, body: bytes, label: str, *, chunked: bool) -> TestResponse:
    headers = signed_in()
    given: dict[str, Any] = {"data": body}
    if chunked:  # as gunicorn hands it on
        headers["Transfer-Encoding"] = "chunked"
        terminated = {"wsgi.input_terminated": True}
        given = {"input_stream": BytesIO(body), "environ_overrides": terminated}
    found: TestResponse = client.post(path, headers=headers, content_type=label, **given)
    return found


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("size", "status"),
    [(JSON_BODY_BYTES, 400), (JSON_BODY_BYTES + 1, 413), (10 * JSON_BODY_BYTES, 413)],
)
def test_a_body_over_the_limit_is_too_large_whether_it_says_its_length_or_not(
    client: FlaskClient, size: int, status: int, *, chunked: bool
) -> None:
    answer = post(client, "/upload/answer", b" " * size, "application/json", chunked=chunked)
    assert answer.status_code == status
    assert ("larger than the 65536 bytes" in answer.text) == (status == 413)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_over_the_limit_is_too_large(client: FlaskClient, *, chunked: bool) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="question"\r\n\r\n'
    body = PART + field + b"x" * (8 * 1024 * 1024) + b"\r\n--b--\r\n"
    answer = post(client, "/vtt", body, FORM, chunked=chunked)
    assert (answer.status_code, "larger than" in answer.text) == (413, True)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["/vtt", "/thumbnail"])
def test_a_form_of_too_many_parts_is_told_of_its_parts(
    client: FlaskClient, path: str, *, chunked: bool
) -> None:
    for count, too_many in ((90, False), (101, True), (2000, True)):
        answer = post(client, path, PART * count + b"--b--\r\n", FORM, chunked=chunked)
        assert ("has more than 100 parts" in answer.text) is too_many
        assert answer.status_code == (413 if too_many else 400)
        assert "bytes" not in answer.text


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "script_name"])
def test_nobody_says_by_a_header_where_we_are_mounted(name: str) -> None:
    """Gunicorn takes these from 127.0.0.1 unless told otherwise."""
    config = Server(offline_settings(), bootstrap.web).cfg
    raw = f"GET /livez HTTP/1.1\r\nHost: x\r\n{name}: /elsewhere\r\n\r\n".encode()
    request = next(RequestParser(config, iter([raw]), ("127.0.0.1", 1)))
    assert request.headers == [("HOST", "x")]


class Arriving:
    """A body that arrives while others ask."""

    def __init__(self, content: bytes, meanwhile: Callable[[], object]) -> None:
        self._content = BytesIO(content)
        self._meanwhile = meanwhile

    def read(self, size: int) -> bytes:
        with ThreadPoolExecutor(1) as another:  # as it has a context of its own
            another.submit(self._meanwhile).result()
        return self._content.read(size)


def test_pictures_that_are_taken_in_keep_no_captions_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mentor_api.http.large_bodies._WAIT_SECONDS", 0)
    settings = offline_settings(jwt_secret=SecretStr(SECRET), web_large_bodies=1)
    app = bootstrap.web(settings)
    seen: list[int] = []

    def others() -> None:
        for path in ("/thumbnail", "/vtt"):
            answer = post(app.test_client(), path, PART + b"--b--\r\n", FORM, chunked=False)
            seen.append(answer.status_code)

    body = Arriving(PART + b"--b--\r\n", others)
    app.test_client().post(
        "/thumbnail",
        headers=signed_in() | {"Transfer-Encoding": "chunked"},
        content_type=FORM,
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True},
    )
    assert set(zip(seen[::2], seen[1::2], strict=True)) == {(503, 400)}
