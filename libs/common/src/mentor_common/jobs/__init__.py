"""The jobs table: the one truth about uploads (docs/architecture.md, The jobs table).

``Reader`` is for everybody; ``Intake`` is the api's, ``Answers`` the notifier's, and
:mod:`mentor_common.work` the workers'. What is written by several processes is under a
:mod:`lease <mentor_common.jobs.lease>`.
"""

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.admission import answer_is_free
from mentor_common.jobs.announcements import accepted_event, announcements, work_request
from mentor_common.jobs.answers import FIRST_LOOK_SECONDS, AnswerLease, Answers
from mentor_common.jobs.captions import captions_medium, language_of_captions
from mentor_common.jobs.day_index import DayIndex
from mentor_common.jobs.intake import (
    InProgressError,
    Intake,
    PreparationLostError,
    UnsettledError,
)
from mentor_common.jobs.kinds import KINDS, Kind, kind_of, kind_of_service
from mentor_common.jobs.lease import LeaseLostError
from mentor_common.jobs.model import (
    FIRST_PAIR,
    SUB_TASK_FIELDS,
    AnswerKey,
    Cancel,
    Current,
    Job,
    Transcription,
    Upload,
    UploadRef,
    UploadRequest,
    task_id_of,
    upload_id_of,
)
from mentor_common.jobs.outcome import (
    STALLED,
    SUPERSEDED,
    AnswerState,
    BeforeSwitch,
    Outcome,
    OutcomeKind,
    answer_shows,
)
from mentor_common.jobs.reader import Reader, Validity
from mentor_common.jobs.state import UNREADABLE, State, is_over, state
from mentor_common.jobs.task import ALIGNMENT, DRAFT_ENGINES, EXHAUSTED, Status, SubTask, Task

__all__ = [
    "ALIGNMENT",
    "DRAFT_ENGINES",
    "EXHAUSTED",
    "FIRST_LOOK_SECONDS",
    "FIRST_PAIR",
    "KINDS",
    "STALLED",
    "SUB_TASK_FIELDS",
    "SUPERSEDED",
    "UNREADABLE",
    "AnswerKey",
    "AnswerLease",
    "AnswerState",
    "Answers",
    "BeforeSwitch",
    "Cancel",
    "ConditionFailedError",
    "Current",
    "DayIndex",
    "InProgressError",
    "Intake",
    "Job",
    "Kind",
    "LeaseLostError",
    "Outcome",
    "OutcomeKind",
    "PreparationLostError",
    "Reader",
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
    "Validity",
    "Write",
    "accepted_event",
    "announcements",
    "answer_is_free",
    "answer_shows",
    "captions_medium",
    "is_over",
    "kind_of",
    "kind_of_service",
    "language_of_captions",
    "state",
    "task_id_of",
    "upload_id_of",
    "work_request",
]
