"""A video: its upload form, and the answer it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from mentor_api.http import examples
from mentor_api.http.body import AnswerRequest, parse
from mentor_api.http.examples import UploadId
from mentor_api.http.operations import Operation, answer, caller
from mentor_api.uploads.accept import task_list

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_TAG = "Uploads"


class UploadForm(BaseModel):
    """A presigned POST."""

    url: str = Field(examples=["https://uploads.example.org/"], description="where to post")
    fields: dict[str, str] = Field(
        examples=[{"key": examples.VIDEO, "policy": "…", "x-amz-signature": "…"}],
        description="form fields to send before the file; `key` is the `video` of the next step",
    )


class QueuedTask(BaseModel):
    """A task as the upload UI shows it."""

    task_name: str = Field(examples=["transcoding-web"])
    task_id: str = Field(examples=["0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"])
    status: str = Field(examples=["QUEUED"])


class Accepted(BaseModel):
    """The upload was accepted: it will be worked on, whatever happens now."""

    task_list: list[QueuedTask] = Field(alias="taskList")
    status_url: str = Field(alias="statusUrl", examples=[f"/upload/status/{examples.UPLOAD}"])
    upload_id: UploadId


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("uploads", __name__)

    @routes.get("/upload/url")
    @Operation(
        "Ask for an upload form",
        _TAG,
        UploadForm,
        description="Post the file to `url` with the `fields`, the file last. S3 refuses a file "
        "over 500 MB, unless set otherwise (five minutes at 13.9 Mbit/s); longer ones go in parts, "
        "by `/upload/multipart`.",
    )
    def upload_url() -> Response:
        return answer(web.presigner.form(caller().user))

    @routes.post("/upload/answer")
    @Operation(
        "Say which answer an uploaded video is for",
        _TAG,
        Accepted,
        body=AnswerRequest,
        refuses=(400, 403, 404, 409, 413),
        description="JSON, whatever the content type says. The same `video` again is the same job, "
        "as it was first asked for, also while the first request is being answered; so is the "
        "same file with the same wishes while it is being worked on. Another upload of yours takes "
        "the place of one that is still being worked on, which ends as `SUPERSEDED`; a trim "
        "(`hasEditedTranscript` is given) does not take that of a recording: 409.",
    )
    def upload_answer() -> Response:
        who = caller()
        upload = parse(request.get_data(cache=False), who.user)
        job = web.acceptor.accept(who, upload)
        status_url = f"{web.settings.url_prefix}/upload/status/{job.upload_id}"
        return answer(
            {"taskList": task_list(job), "statusUrl": status_url, "upload_id": job.upload_id}
        )

    return routes
