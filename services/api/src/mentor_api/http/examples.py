"""Ids as fields of models, and the values of the documentation's examples.

``make seed`` makes each of the examples work locally.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mentor_api.http.body import Texts
from mentor_common.jobs import upload_id_of
from mentor_common.jobs.item import UUID_PATTERN

USER = "5ee0000000000000000000a1"
MENTOR = "5ee0000000000000000000b1"
QUESTION = "5ee0000000000000000000c1"
SECOND_QUESTION = "5ee0000000000000000000c2"
ANSWERED_QUESTION = "5ee0000000000000000000c4"
ORGANIZATION = "5ee0000000000000000000f1"
VIDEO = f"{USER}/1f0e2d3c-4b5a-4697-8877-665544332211"
UPLOAD = upload_id_of(VIDEO)

OBJECT_ID = r"^[0-9a-f]{24}$"
UUID = f"^{UUID_PATTERN}$"
ID_TEXTS = Texts("{field} parameter missing", "{field} must be an id of 24 hexadecimal digits")
MentorId = Annotated[
    str, Field(pattern=OBJECT_ID, examples=[MENTOR], description="mentor"), ID_TEXTS
]
QuestionId = Annotated[
    str, Field(pattern=OBJECT_ID, examples=[QUESTION], description="question"), ID_TEXTS
]
UploadId = Annotated[
    str,
    Field(pattern=UUID, examples=[UPLOAD], description="as `/upload/answer` answered it"),
]
