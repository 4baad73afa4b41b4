"""A valid request to every route, with each field that its models name."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from error_texts.request import File, Request
from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_MENTOR_ID,
    SEED_ORGANIZATION_ID,
    SEED_QUESTION_ID,
    SEED_VIDEO,
)

_SAMPLE = Path(__file__).parents[2] / "local" / "sample"
_PICTURE = (_SAMPLE / "picture.png").read_bytes()
_CAPTIONS = (_SAMPLE / "captions.vtt").read_bytes()
_ANSWER = {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID}
_ANSWERED = {"mentor": SEED_MENTOR_ID, "question": SEED_ANSWERED_QUESTION_ID}
_IN_PARTS = {"key": SEED_VIDEO, "multipart_id": "VXBsb2FkIElE"}
_UPLOAD = {"upload_id": "0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"}
_TASK = "93a1a2b7-0c8f-5d0e-9f0f-3a9c1f1f0a11"
_TRANSFER = {"transfer_id": "4c1f6c1e-6a4b-4d36-9a06-0f4f5e1f3b11"}
_ACTION = {"action_id": "20260105T120000000000Z-1f0e2d3c"}
_ORGANIZATION = {"org": {"_id": SEED_ORGANIZATION_ID}}
_SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}

_PLACE = {"upload": f"UPLOAD#{_UPLOAD['upload_id']}", "prepared_at": 1.5}
_CURSOR = base64.urlsafe_b64encode(json.dumps(_PLACE).encode()).decode()

_CLIENTS = [
    Request("GET /upload/url"),
    Request(
        "POST /upload/answer",
        body=_ANSWER
        | {
            "video": SEED_VIDEO,
            "isVbgVideo": False,
            "trim": {"start": 0.5, "end": 11},
            "hasEditedTranscript": False,
            "generateThumbnail": False,
            "maintain_original_aspect_ratio": False,
            "externalVideoIds": {"wistiaId": "w1", "paraproId": "p1"},
        },
    ),
    Request("POST /upload/multipart", body={"size": 209_715_200}),
    Request("POST /upload/multipart/sign", body=_IN_PARTS | {"part_numbers": [1, 2]}),
    Request("GET /upload/multipart", query=_IN_PARTS),
    Request(
        "POST /upload/multipart/complete",
        body=_IN_PARTS | {"parts": [{"part_number": 1, "etag": '"9b2cf535f27731c9"'}]},
    ),
    Request("DELETE /upload/multipart", query=_IN_PARTS),
    Request("GET /upload/status/<upload_id>", path=_UPLOAD),
    Request("GET /uploads", query={"mentor": SEED_MENTOR_ID, "limit": "5", "cursor": _CURSOR}),
    Request("GET /uploads/newest", query={"mentor": SEED_MENTOR_ID, "cursor": _CURSOR}),
    Request("GET /upload/status/<upload_id>/events", path=_UPLOAD),
    Request("POST /upload/answer/cancel", body=_ANSWER | {"task_ids_to_cancel": [_TASK]}),
    Request("POST /answer/cancel", body=_ANSWER | {"task_ids_to_cancel": [_TASK]}),
    Request("DELETE /upload/<upload_id>", path=_UPLOAD),
    Request("POST /upload/<upload_id>/retry", path=_UPLOAD),
    Request(
        "POST /thumbnail",
        fields={"body": {"mentor": SEED_MENTOR_ID}},
        file=File("thumbnail", _PICTURE),
    ),
    Request(
        "POST /vbg",
        fields={"body": {"mentor": SEED_MENTOR_ID}},
        file=File("background_image", _PICTURE),
    ),
    Request("POST /header", fields={"body": _ORGANIZATION}, file=File("image", _PICTURE)),
    Request(
        "POST /footer", fields={"body": _ORGANIZATION | {"idx": 0}}, file=File("image", _PICTURE)
    ),
    Request("POST /vtt", fields=dict(_ANSWERED), file=File("vtt_file", _CAPTIONS)),
    Request("POST /regen_vtt", body=_ANSWERED),
    Request("GET /transcript", query=_ANSWERED),
    Request(
        "POST /transcript",
        body=_ANSWERED | {"version": "0d5c7be1", "vtt_text": _CAPTIONS.decode()},
    ),
    Request(
        "POST /transfer/mentor",
        body={
            "mentor": SEED_MENTOR_ID,
            "mentorExportJson": {
                "id": SEED_MENTOR_ID,
                "mentorInfo": {"name": "Olive Owner"},
                "subjects": [{}],
                "questions": [{}],
                "answers": [{}],
                "userQuestions": [{}],
            },
            "replacedMentorDataChanges": {"questionChanges": [{}], "answerChanges": [{}]},
        },
    ),
    Request("GET /transfer/status/<transfer_id>", path=_TRANSFER),
    Request("GET /status/<transfer_id>", path=_TRANSFER),
    Request("GET /mentors"),
    Request("GET /questions", query={"mentor": SEED_MENTOR_ID}),
]
_PAGES = [
    Request("GET /openapi.json", caller=None),
    Request("GET /docs", caller=None),
    Request("GET /docs/<name>", caller=None, path={"name": "start.js"}),
    Request("GET /shared/<name>", caller=None, path={"name": "base.css"}),
    Request("GET /vendor/<name>", caller=None, path={"name": "preact.js"}),
    Request("GET /", caller=None),
    Request("GET /studio", caller=None),
    Request("GET /studio/<name>", caller=None, path={"name": "studio.css"}),
    Request(
        "GET /studio/<folder:folder>/<name>",
        caller=None,
        path={"folder:folder": "questions", "name": "list.js"},
    ),
    Request("GET /ops", caller=None),
    Request("GET /ops/<name>", caller=None, path={"name": "ops.css"}),
    Request(
        "GET /ops/<folder:folder>/<name>",
        caller=None,
        path={"folder:folder": "log", "name": "log.js"},
    ),
    Request("GET /studio/sign-in", caller=None),
    Request("POST /studio/sign-in", caller=None, headers=_SAME_ORIGIN),
    Request("GET /ops/sign-in", caller=None),
    Request("POST /ops/sign-in", caller=None, headers=_SAME_ORIGIN),
    Request("GET /livez", caller=None),
    Request("GET /readyz", caller=None),
    Request("GET /metrics", caller=None),
]
_SEARCH = {
    "state": "FAILED",
    "mentor": SEED_MENTOR_ID,
    "upload": _UPLOAD["upload_id"][:8],
    "error": "no space",
    "within_hours": "24",
    "older_than_minutes": "0",
}
_CONSOLE = [
    Request("GET /ops/api/me", "admin"),
    Request("GET /ops/api/queues", "admin"),
    Request("GET /ops/api/workers", "admin"),
    Request("GET /ops/api/day", "admin"),
    Request("GET /ops/api/audit", "admin", query={"limit": "5", "cursor": _ACTION["action_id"]}),
    Request(
        "GET /ops/api/uploads",
        "admin",
        query={**_SEARCH, "limit": "5", "cursor": f"1700000000.5~{_UPLOAD['upload_id']}~7"},
    ),
    Request("GET /ops/api/uploads/errors", "admin", query=_SEARCH),
    Request("GET /ops/api/uploads/<upload_id>", "admin", path=_UPLOAD),
    Request(
        "GET /ops/api/dead-letters",
        "admin",
        query={
            "queue": "transcoder",
            "type": "upload.accepted.v1",
            "code": "gave_up",
            "upload": _UPLOAD["upload_id"],
            "mentor": SEED_MENTOR_ID,
            "error": "no space",
            "limit": "5",
            "cursor": "1700000000.500~5fea7756-0ea4-451a-a703-a558b933e274",
        },
    ),
    Request("GET /ops/api/actions", "admin"),
    Request(
        "POST /ops/api/actions",
        "admin",
        body={
            "verb": "redrive",
            "queue": "transcoder",
            "type": "upload.accepted.v1",
            "code": "gave_up",
            "upload": _UPLOAD["upload_id"],
            "mentor": SEED_MENTOR_ID,
            "error": "no space",
            "message": "5fea7756-0ea4-451a-a703-a558b933e274",
            "messages": ["5fea7756-0ea4-451a-a703-a558b933e274"],
            "expected": 0,
            "idempotency_key": "click-0001",
        },
    ),
    Request(
        "POST /ops/api/uploads/retry",
        "admin",
        body={
            "mentor": SEED_MENTOR_ID,
            "upload": _UPLOAD["upload_id"],
            "error": "no space",
            "within_hours": 24,
            "older_than_minutes": 0,
            "uploads": [_UPLOAD["upload_id"]],
            "expected": 0,
            "idempotency_key": "click-0001",
        },
    ),
    Request("GET /ops/api/actions/<action_id>", "admin", path=_ACTION),
    Request("POST /ops/api/actions/<action_id>/round", "admin", path=_ACTION, body={}),
    Request("POST /ops/api/actions/<action_id>/stop", "admin", path=_ACTION, body={}),
    Request(
        "POST /ops/api/uploads/<upload_id>/retry", "admin", path=_UPLOAD, body={"task": "transcode"}
    ),
    Request("POST /ops/api/uploads/<upload_id>/cancel", "admin", path=_UPLOAD, body={}),
]
VALID = {request.route: request for request in [*_CLIENTS, *_PAGES, *_CONSOLE]}
