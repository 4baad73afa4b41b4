"""``--preflight`` of the web process: requests against its own application.

A user whom nobody knows asks for what nobody has. Each answer is one that only the dependency
behind it can have led to.
"""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

import jwt

from mentor_common.adapters import Adapters
from mentor_common.events import CANARY, Event, UploadCancelled
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs.model import upload_pk
from mentor_common.work.canary import CanaryError
from mentor_common.work.preflight import Preflight

if TYPE_CHECKING:
    from flask import Flask

    from mentor_api.settings import WebSettings

_TOKEN_SECONDS = 600


def run_preflight(app: Flask, settings: WebSettings, patience: float) -> int:
    """Make all checks of the web process; return the exit code."""
    checks, adapters = Preflight(patience), Adapters.connect(settings)
    uploads, graphql = settings.signed_upload_bucket, GraphQLClient(settings)
    checks.ask_all(adapters.probes(settings.static_bucket), settings)
    checks.ask("s3", lambda: adapters.storage.probe(uploads), uploads)
    checks.ask("graphql", graphql.check_credential, settings.graphql_endpoint)
    if checks.passed:
        checks.check("canary", lambda: f"{_write(adapters)}; {_request(app, settings)}")
    return int(not checks.passed)


def _write(adapters: Adapters) -> str:
    """Write what expires at once, publish what nobody hears; return that it was done."""
    now, upload_id = adapters.clock.now(), str(uuid.uuid4())
    adapters.table.overwrite(upload_pk(upload_id), "CANARY", {"ttl": int(now)})
    if adapters.table.get(upload_pk(upload_id), "CANARY") is None:
        raise CanaryError("an item that was written is not there")
    data = UploadCancelled(
        upload_id=upload_id, mentor=CANARY, question=CANARY, cancelled_by="canary"
    )
    adapters.topic.publish(Event.of(data, service="api", step="", at=now))
    return "an item was written and read, an event published"


def _request(app: Flask, settings: WebSettings) -> str:
    """Send requests; return what was asked and answered.

    Raises
    ------
    CanaryError
        An answer has another status than it should.
    """
    secret = settings.jwt_secret.get_secret_value()
    claims = {"id": CANARY, "role": "USER", "mentorIds": [], "exp": time.time() + _TOKEN_SECONDS}
    headers = {"Authorization": f"bearer {jwt.encode(claims, secret, algorithm='HS256')}"}
    client, prefix = app.test_client(), settings.url_prefix
    expected = {
        "/readyz": HTTPStatus.OK,
        f"{prefix}/upload/url": HTTPStatus.OK,  # a form, signed with the role's keys
        f"{prefix}/upload/status/{uuid.uuid4()}": HTTPStatus.NOT_FOUND,  # by the jobs table
        f"{prefix}/uploads?mentor={CANARY}": HTTPStatus.FORBIDDEN,  # by GraphQL
    }
    for path, status in expected.items():
        answer = client.get(path, headers=headers)
        if answer.status_code != status:
            text = answer.get_data(as_text=True)[:200]
            raise CanaryError(f"GET {path} answers {answer.status_code}, not {status}: {text}")
    return f"{len(expected)} requests were answered as they should"
