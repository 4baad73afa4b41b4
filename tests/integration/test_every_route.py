"""Every route: who may not, and what cannot be, changes nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentor_api.http.operations import operations_of
from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_FOREIGN_USER_ID,
    SEED_MENTOR_ID,
    SEED_ORGANIZATION_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
_VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
# Routes that ask GraphQL nothing: what they name is the caller's own by its key.
OWN = {
    ("GET", "/upload/url"),
    ("POST", "/upload/multipart"),
    ("POST", "/upload/multipart/sign"),
    ("GET", "/upload/multipart"),
    ("POST", "/upload/multipart/complete"),
    ("DELETE", "/upload/multipart"),
}
# Whoever started it may look, without GraphQL; and whoever asks for whom they may work.
LOOKING = {
    ("GET", "/mentors"),
    ("GET", "/upload/status/<upload_id>/events"),
    ("GET", "/upload/status/<upload_id>"),
    ("GET", "/transfer/status/<transfer_id>"),
    ("GET", "/status/<transfer_id>"),
}


class Caller:
    """Calls every route that asks for a permission, with good values or some of them changed."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self.upload = api.post().get_json()["data"]["upload_id"]
        failed = api.post(question=SEED_SECOND_QUESTION_ID).get_json()["data"]
        self.failed = failed["upload_id"]
        api.give_up(self.failed)
        api.published()
        export = json.loads((SAMPLE / "export.json").read_text()) | {"mentor": SEED_MENTOR_ID}
        answer = {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID}
        answered = answer | {"question": SEED_ANSWERED_QUESTION_ID}
        self.routes: dict[tuple[str, str], Callable[..., TestResponse]] = {
            ("POST", "/upload/answer"): self._json("/upload/answer", answer, video=True),
            ("POST", "/upload/answer/cancel"): self._json("/upload/answer/cancel", answer),
            ("POST", "/answer/cancel"): self._json("/answer/cancel", answer),
            ("POST", "/regen_vtt"): self._json("/regen_vtt", answered),
            ("POST", "/transfer/mentor"): self._json("/transfer/mentor", export),
            ("POST", "/vtt"): self._form("/vtt", "vtt_file", "captions.vtt", answered),
            ("POST", "/thumbnail"): self._form("/thumbnail", "thumbnail"),
            ("POST", "/vbg"): self._form("/vbg", "background_image"),
            ("POST", "/header"): self._form("/header", "image"),
            ("POST", "/footer"): self._form("/footer", "image"),
            ("GET", "/uploads"): self._of_mentor("/uploads"),
            ("GET", "/uploads/newest"): self._of_mentor("/uploads/newest"),
            ("GET", "/questions"): self._of_mentor("/questions"),
            ("GET", "/transcript"): self._transcript,
            ("POST", "/transcript"): self._edited_transcript,
            ("POST", "/upload/<upload_id>/retry"): self._retry,
            ("DELETE", "/upload/<upload_id>"): self._delete,
        }

    def _json(self, path: str, body: dict[str, Any], *, video: bool = False) -> Any:
        def call(**changes: Any) -> TestResponse:
            sent = body | {name: changes[name] for name in changes if name in body}
            if video:
                user = json.loads(_claims(self._api.token))["id"]
                sent["video"] = self._api.put(user=user)
            answer: TestResponse = self._api.client.post(
                path, data=json.dumps(sent), headers=self._api.headers
            )
            return answer

        return call

    def _form(
        self, path: str, part: str, file: str = "picture.png", fields: dict[str, str] | None = None
    ) -> Any:
        def call(**changes: Any) -> TestResponse:
            sent: dict[str, Any] = dict(fields or {})
            if fields is None:
                body = {"mentor": SEED_MENTOR_ID, "idx": 0, "org": {"_id": SEED_ORGANIZATION_ID}}
                if "mentor" in changes:
                    body |= {"mentor": changes["mentor"], "org": {"_id": changes["mentor"]}}
                sent["body"] = json.dumps(body)
            else:
                sent |= {name: str(changes[name]) for name in changes if name in sent}
            raw = (SAMPLE / file).read_bytes()
            answer: TestResponse = self._api.post_form(path, sent, part, raw, "image/png")
            return answer

        return call

    def _of_mentor(self, path: str) -> Any:
        def call(**changes: Any) -> TestResponse:
            query = {"mentor": changes.get("mentor", SEED_MENTOR_ID)}
            answer: TestResponse = self._api.client.get(
                path, query_string=query, headers=self._api.headers
            )
            return answer

        return call

    def _transcript(self, **changes: Any) -> TestResponse:
        query = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
        query |= {name: changes[name] for name in changes if name in query}
        answer: TestResponse = self._api.client.get(
            "/transcript", query_string=query, headers=self._api.headers
        )
        return answer

    def _edited_transcript(self, **changes: Any) -> TestResponse:
        shown = self._transcript().get_json()["data"]  # of others it has no version
        answered = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
        body = answered | {"version": shown.get("version", "unknown"), "vtt_text": _VTT}
        answer: TestResponse = self._json("/transcript", body)(**changes)
        return answer

    def _retry(self, **_changes: Any) -> TestResponse:
        answer: TestResponse = self._api.client.post(
            f"/upload/{self.failed}/retry", headers=self._api.headers
        )
        return answer

    def _delete(self, **_changes: Any) -> TestResponse:
        answer: TestResponse = self._api.client.delete(
            f"/upload/{self.upload}", headers=self._api.headers
        )
        return answer


def _claims(token: str) -> bytes:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def snapshot(api: Any) -> tuple[Any, ...]:
    """Everything that a request may write."""
    rows = api.cloud.client("dynamodb").scan(TableName=api.table.name)["Items"]
    bucket = api.settings.static_bucket
    objects = api.cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    writes = [record.seq for record in api.graphql.store.write_log()]
    return (
        sorted(json.dumps(row, sort_keys=True) for row in rows),
        sorted(each["Key"] for each in objects),
        writes,
        api.published("notifier"),
    )


def test_every_route_asks_for_permission_first_and_writes_nothing_without_it(
    make_api: Callable[..., Any], make_token: Callable[..., str]
) -> None:
    api = make_api(RATE_LIMIT_WRITES="1000 per minute")  # it asks each route seven times
    caller = Caller(api)
    protected = {
        (method, path)
        for method, path, operation in operations_of(api.client.application)
        if not operation.public
    }
    assert protected == set(caller.routes) | OWN | LOOKING, "a new route has to be added here"
    api.published("notifier")
    before = snapshot(api)

    for (method, path), call in caller.routes.items():
        if "<" not in path:
            for bad in ("../../x", "a/b", "", "5EE0000000000000000000B1"):
                assert call(mentor=bad).status_code == 400, (method, path, bad)
    api.graphql.set_fault("unavailable")
    for route, call in caller.routes.items():
        assert call().status_code == 503, route
    api.graphql.set_fault(None)
    own, api.token = api.token, make_token(SEED_FOREIGN_USER_ID)
    for route, call in caller.routes.items():
        assert call().status_code == 403, route
    assert snapshot(api) == before

    api.token = own
    for route in set(caller.routes) - {("POST", "/upload/answer")}:
        assert caller.routes[route]().status_code == 200, (route, "the requests were good ones")


def test_no_route_takes_an_expired_token(api: Any, make_token: Callable[..., str]) -> None:
    headers = {"Authorization": f"bearer {make_token(SEED_FOREIGN_USER_ID, exp=1)}"}
    for method, path, operation in operations_of(api.client.application):
        if not operation.public:
            answer = api.client.open(
                path.replace("<", "").replace(">", ""), method=method, headers=headers
            )
            assert answer.status_code == 401, path
