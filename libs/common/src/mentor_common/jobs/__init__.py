"""The jobs table: the one truth about uploads (docs/architecture.md, The jobs table).

``Reader`` is for everybody; ``Intake`` is the api's, ``Answers`` the notifier's, and
:mod:`mentor_common.work` the workers'. What is written by several processes is under a
:mod:`lease <mentor_common.jobs.lease>`.
"""

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.admission import is_free, is_switched
from mentor_common.jobs.announcements import accepted_event, announcements, request_of
from mentor_common.jobs.answers import Answers, Lease, LeaseLostError
from mentor_common.jobs.day_index import Days
from mentor_common.jobs.intake import (
    InProgressError,
    Intake,
    PreparationLostError,
    UnsettledError,
)
from mentor_common.jobs.kinds import KINDS, Kind, kind_of, kind_of_service
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
    task_id_of,
    upload_id_of,
)
from mentor_common.jobs.reader import Reader, Standing
from mentor_common.jobs.state import State, is_over, state

__all__ = [
    "ALIGNMENT",
    "EXHAUSTED",
    "KINDS",
    "STALLED",
    "SUPERSEDED",
    "UI_NAMES",
    "AnswerKey",
    "Answers",
    "BeforeSwitch",
    "Cancel",
    "ConditionFailedError",
    "Current",
    "Days",
    "InProgressError",
    "Intake",
    "Job",
    "Kind",
    "Lease",
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
    "kind_of_service",
    "request_of",
    "state",
    "task_id_of",
    "upload_id_of",
]
