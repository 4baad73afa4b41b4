"""The api over the emulator and the local GraphQL server, in one process."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_api import bootstrap
from mentor_api.app import create_app
from mentor_api.ingest import Sweep
from mentor_api.settings import WebSettings
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import AnswerKey, Intake, Reader, Table, upload_id_of
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.ui import UploadUI

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from mentor_common.clock import ManualClock, SystemClock
    from mentor_local.graphql.server import GraphQLServer

MP4_START = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 64


@dataclass
class Api:
    """The api's web process and what it stands on."""

    web: bootstrap.Web
    client: FlaskClient
    token: str
    cloud: Any
    graphql: GraphQLServer
    table: Table

    @property
    def answer(self) -> AnswerKey:
        """The answer that :meth:`post` is about."""
        return AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)

    def put(self, content: bytes = MP4_START, user: str = SEED_OWNER_ID) -> str:
        """Store an uploaded object; return its key."""
        key = f"{user}/{uuid.uuid4()}"
        bucket = self.web.settings.signed_upload_bucket
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        return key

    def post(self, body: Any = None, **changes: Any) -> TestResponse:
        """``POST /upload/answer`` as the UI sends it; keywords change the body."""
        if body is None:
            body = {
                "mentor": SEED_MENTOR_ID,
                "question": SEED_QUESTION_ID,
                "video": changes.get("video") or self.put(),
                "isVbgVideo": False,
            } | changes
            body = {name: value for name, value in body.items() if value is not ...}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            "/upload/answer",
            data=data,
            headers=self.headers | {"Content-Type": "multipart/form-data"},
        )

    def post_form(
        self, path: str, fields: dict[str, str], name: str, raw: bytes, label: str
    ) -> TestResponse:
        """Post a multipart form with one file as a browser does."""
        # Encoded here: werkzeug's client leaves the temporary file of a large form open.
        form = requests.Request(
            "POST", "http://localhost", data=fields, files={name: ("file", raw, label)}
        ).prepare()
        headers = self.headers | {"Content-Type": form.headers["Content-Type"]}
        return self.client.post(path, data=form.body, headers=headers)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the mentor's browser."""
        return {"Authorization": f"bearer {self.token}"}

    def published(self, service: str = "transcoder") -> list[dict[str, Any]]:
        """Return (and take) the events waiting in a service's queue."""
        sqs = self.cloud.client("sqs")
        name = self.cloud.environment(service)["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
            if not answer.get("Messages"):
                return found

    def untouched(self) -> bool:
        """Tell whether no document, no lock and no event exist for the answer."""
        current = Reader(self.table).current(self.answer)
        document = self.graphql.store.upload_task(*self.ids)
        return current is None and document is None and not self.published()

    @property
    def ids(self) -> tuple[str, str]:
        """Mentor and question."""
        return SEED_MENTOR_ID, SEED_QUESTION_ID

    def delete_document(self) -> None:
        """Delete the document as the UI does."""
        UploadUI("", self.graphql.url, self.token).delete_task(*self.ids)

    def sweep(self, clock: ManualClock | SystemClock) -> Sweep:
        """Return the ingest worker's sweep at a time of the test's choice."""
        acceptor = self.web.acceptor
        intake = Intake(self.table, clock)
        return Sweep(intake, Reader(self.table), acceptor.topic, acceptor.graphql, clock)


@pytest.fixture
def make_api(
    cloud: Any,
    graphql: GraphQLServer,
    graphql_environment: dict[str, str],
    make_token: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Api]:
    """Return a function that starts the api with changed settings."""

    def make(**settings: str) -> Api:
        environment = cloud.environment("api") | graphql_environment | settings
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        web = bootstrap.web(WebSettings())
        table = Table(web.settings.jobs_table_name, web.settings.aws_region)
        client = create_app(web).test_client()
        return Api(web, client, make_token(SEED_OWNER_ID), cloud, graphql, table)

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """The api with default settings."""
    return make_api()


@pytest.fixture
def upload_id() -> Callable[[str], str]:
    """Return the id of the upload of a video key."""
    return upload_id_of


@pytest.fixture
def graphql_client(graphql_environment: dict[str, str]) -> GraphQLClient:
    """A client of the local GraphQL server."""
    from mentor_common.settings import GraphQLSettings  # noqa: PLC0415 -- read from a changed environment

    return GraphQLClient(
        GraphQLSettings(
            graphql_endpoint=graphql_environment["GRAPHQL_ENDPOINT"],
            api_secret=graphql_environment["API_SECRET"],
            graphql_timeout_seconds=1,
        )
    )
