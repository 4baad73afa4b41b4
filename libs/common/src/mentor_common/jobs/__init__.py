"""The jobs table: the one truth about uploads. DESIGN §3 and the rules of §4.

``Reader`` is for everybody; ``Intake`` is the api's, ``Tasks`` the workers', ``Answers`` the
notifier's.
"""

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.admission import is_free, is_switched
from mentor_common.jobs.announcements import accepted_event, announcements, request_of
from mentor_common.jobs.answers import AnswerLease, Answers
from mentor_common.jobs.day_index import Days
from mentor_common.jobs.intake import (
    InProgressError,
    Intake,
    PreparationLostError,
    UnsettledError,
)
from mentor_common.jobs.lease import LeaseLostError
from mentor_common.jobs.model import (
    ALIGNMENT,
    EXHAUSTED,
    STALLED,
    SUPERSEDED,
    UI_NAMES,
    AnswerKey,
    BeforeSwitch,
    Cancel,
    Current,
    Job,
    Notify,
    Outcome,
    OutcomeKind,
    Status,
    SubTask,
    Task,
    Transcription,
    Upload,
    UploadRef,
    UploadRequest,
    kind_of,
    task_id_of,
    upload_id_of,
)
from mentor_common.jobs.reader import Reader, Standing
from mentor_common.jobs.state import State, is_over, state

__all__ = [
    "ALIGNMENT",
    "EXHAUSTED",
    "STALLED",
    "SUPERSEDED",
    "UI_NAMES",
    "AnswerKey",
    "AnswerLease",
    "Answers",
    "BeforeSwitch",
    "Cancel",
    "ConditionFailedError",
    "Current",
    "Days",
    "InProgressError",
    "Intake",
    "Job",
    "LeaseLostError",
    "Notify",
    "Outcome",
    "OutcomeKind",
    "PreparationLostError",
    "Reader",
    "Standing",
    "State",
    "Status",
    "SubTask",
    "Table",
    "Task",
    "Transcription",
    "UnsettledError",
    "Upload",
    "UploadRef",
    "UploadRequest",
    "Write",
    "accepted_event",
    "announcements",
    "is_free",
    "is_over",
    "is_switched",
    "kind_of",
    "request_of",
    "state",
    "task_id_of",
    "upload_id_of",
]
