"""The old service read the wrong DSN variable, so Sentry never heard anything."""

from __future__ import annotations

import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sentry_sdk

from mentor_common import errorreports
from mentor_common.settings import CommonSettings

REQUIRED = {
    "AWS_REGION": "us-east-1",
    "JOBS_TABLE_NAME": "jobs",
    "TOPIC_ARN": "arn",
    "SIGNED_UPLOAD_BUCKET": "uploads",
    "S3_STATIC_ARN": "arn:aws:s3:::static",
}


@pytest.mark.parametrize("enabled", [True, False])
def test_an_error_reaches_sentry_exactly_when_switched_on(
    monkeypatch: pytest.MonkeyPatch, *, enabled: bool
) -> None:
    received = threading.Event()

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            received.set()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Sentry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for name, value in REQUIRED.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IS_SENTRY_ENABLED", str(enabled).lower())
        dsn = f"http://key@127.0.0.1:{server.server_port}/1"
        monkeypatch.setenv("SENTRY_DSN_MENTOR_UPLOAD", dsn)
        errorreports.start("transcoder", CommonSettings())
        logging.getLogger("test").error("something broke")
        sentry_sdk.flush(timeout=10)
        assert received.is_set() is enabled
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.init()
        server.shutdown()
        thread.join()
        server.server_close()
