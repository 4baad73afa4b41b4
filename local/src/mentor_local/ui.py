"""The upload UI's wire behaviour: the same requests, headers and bodies as the real one sends.

JSON goes out labelled ``multipart/form-data`` without a boundary, the scheme is a lower-case
``bearer``, and of the presigned fields only a fixed list is forwarded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from pathlib import Path

FORWARDED_FIELDS = (
    "AWSAccessKeyId",
    "bucket",
    "key",
    "policy",
    "signature",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature",
)
_TIMEOUT = 60
_UPLOAD_TASKS = """query FetchUploadTasks($mentorId: ID!) {
  me { uploadTasks(mentorId: $mentorId) {
    question { _id question }
    trimUploadTask { task_name status }
    transcodeWebTask { task_name status }
    transcodeMobileTask { task_name status }
    transcribeTask { task_name status }
    transcript
    originalMedia { type tag url }
    webMedia { type tag url transparentVideoUrl }
    mobileMedia { type tag url transparentVideoUrl }
    vttMedia { type tag url }
  } }
}"""
_IMPORT_TASK = """query ImportTask($mentorId: ID!) {
  importTask(mentorId: $mentorId) {
    graphQLUpdate { status errorMessage }
    s3VideoMigrate { status errorMessage }
    migrationErrors
  }
}"""
_DELETE_IMPORT = """mutation ImportTaskDelete($mentorId: ID!) {
  me { importTaskDelete(mentorId: $mentorId) }
}"""
_DELETE = """mutation UploadTaskDelete($questionId: ID!, $mentorId: ID!) {
  me { uploadTaskDelete(questionId: $questionId, mentorId: $mentorId) }
}"""


@dataclass(frozen=True)
class UploadUI:
    """A mentor's browser."""

    api: str
    graphql: str
    token: str

    def presign(self) -> dict[str, Any]:
        """``GET /upload/url``: return ``{"url", "fields"}``."""
        return dict(self._call("GET", "/upload/url")["data"])

    def send_file(self, form: dict[str, Any], path: Path, mime: str = "video/mp4") -> int:
        """Post the file to S3 as the browser does; return the HTTP status, which the UI ignores."""
        fields = form["fields"]
        parts = [(name, (None, fields[name])) for name in FORWARDED_FIELDS if name in fields]
        with path.open("rb") as file:
            parts.append(("file", ("video.mp4", file, mime)))  # type: ignore[arg-type]  # a file is a part too
            return requests.post(form["url"], files=parts, timeout=_TIMEOUT).status_code

    def post_answer(self, body: dict[str, Any]) -> requests.Response:
        """``POST /upload/answer``, JSON under a header that says otherwise."""
        return requests.post(
            f"{self.api}/upload/answer",
            data=json.dumps(body).encode(),
            headers={**self._headers(), "Content-Type": "multipart/form-data"},
            timeout=_TIMEOUT,
        )

    def upload(self, path: Path, body: dict[str, Any]) -> dict[str, Any]:
        """Do all three steps; return the ``data`` of the last answer."""
        form = self.presign()
        self.send_file(form, path)
        response = self.post_answer({**body, "video": form["fields"]["key"]})
        response.raise_for_status()
        return dict(response.json()["data"])

    def status(self, upload_id: str) -> dict[str, Any]:
        """``GET /upload/status/{upload_id}``."""
        return dict(self._call("GET", f"/upload/status/{upload_id}")["data"])

    def latest_uploads(self, mentor: str) -> list[dict[str, Any]]:
        """``GET /uploads``: a mentor's latest uploads, the latest first."""
        return list(self._call("GET", f"/uploads?mentor={mentor}")["data"]["uploads"])

    def cancel(self, upload_id: str) -> None:
        """``DELETE /upload/{upload_id}``."""
        self._call("DELETE", f"/upload/{upload_id}")

    def upload_tasks(self, mentor: str) -> list[dict[str, Any]]:
        """Poll GraphQL as the UI does every three seconds."""
        answer = self.query(_UPLOAD_TASKS, {"mentorId": mentor})
        return list(answer["me"]["uploadTasks"])

    def delete_task(self, mentor: str, question: str) -> None:
        """Delete the document, as the UI does when it sees the end of an upload."""
        self.query(_DELETE, {"mentorId": mentor, "questionId": question})

    def import_mentor(self, body: dict[str, Any]) -> str:
        """``POST /transfer/mentor``: return the transfer's id."""
        response = requests.post(
            f"{self.api}/transfer/mentor",
            data=json.dumps(body).encode(),
            headers={**self._headers(), "Content-Type": "application/json"},
            timeout=_TIMEOUT,
        )
        response.raise_for_status()
        return str(response.json()["data"]["id"])

    def transfer_status(self, transfer_id: str) -> dict[str, Any]:
        """``GET /transfer/status/{transfer_id}``."""
        return dict(self._call("GET", f"/transfer/status/{transfer_id}")["data"])

    def import_task(self, mentor: str) -> dict[str, Any] | None:
        """Poll the import task as the UI does each second while its modal is open."""
        task: dict[str, Any] | None = self.query(_IMPORT_TASK, {"mentorId": mentor})["importTask"]
        return task

    def delete_import_task(self, mentor: str) -> None:
        """Delete the import task, as the UI does when it has ended."""
        self.query(_DELETE_IMPORT, {"mentorId": mentor})

    def query(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send a GraphQL document with the mentor's token; return its data."""
        response = requests.post(
            self.graphql,
            json={"query": document, "variables": variables},
            headers=self._headers(),
            timeout=_TIMEOUT,
        )
        body = response.json()
        if body.get("errors"):
            raise RuntimeError(f"GraphQL: {body['errors'][0]['message']}")
        return dict(body["data"])

    def _call(self, method: str, path: str) -> dict[str, Any]:
        response = requests.request(
            method, f"{self.api}{path}", headers=self._headers(), timeout=_TIMEOUT
        )
        response.raise_for_status()
        return dict(response.json())

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"bearer {self.token}",
            "Accept": "application/json, text/plain, */*",
        }
