"""The jobs table: the one truth about uploads. DESIGN §3 and the rules of §4.

``Reader`` is for everybody; ``Intake`` is the api's, ``Tasks`` the workers', ``Answers`` the
notifier's.
"""

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.jobs.admission import is_free, is_switched
from mentor_common.jobs.announce import accepted_event, announcements, request_of
from mentor_common.jobs.answers import Answers, Lease, LeaseLostError
from mentor_common.jobs.days import Days
from mentor_common.jobs.imports import Imports
from mentor_common.jobs.intake import (
    InProgressError,
    Intake,
    PreparationLostError,
    UnsettledError,
)
from mentor_common.jobs.model import (
    ALIGNMENT,
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
from mentor_common.jobs.tasks import EXHAUSTED, Busy, Claimed, Holder, Holding, Over, Tasks
from mentor_common.jobs.transfer_intake import TransferIntake
from mentor_common.jobs.transfers import (
    Import,
    MediumHolder,
    Transfer,
    TransferReader,
    TransferState,
)
from mentor_common.jobs.waiting import Waiting, parking

__all__ = [
    "ALIGNMENT",
    "EXHAUSTED",
    "STALLED",
    "SUPERSEDED",
    "UI_NAMES",
    "AnswerKey",
    "Answers",
    "BeforeSwitch",
    "Busy",
    "Cancel",
    "Claimed",
    "ConditionFailedError",
    "Current",
    "Days",
    "Holder",
    "Holding",
    "Import",
    "Imports",
    "InProgressError",
    "Intake",
    "Job",
    "Lease",
    "LeaseLostError",
    "MediumHolder",
    "Notify",
    "Outcome",
    "OutcomeKind",
    "Over",
    "PreparationLostError",
    "Reader",
    "Standing",
    "State",
    "Status",
    "SubTask",
    "Table",
    "Task",
    "Tasks",
    "Transcription",
    "Transfer",
    "TransferIntake",
    "TransferReader",
    "TransferState",
    "UnsettledError",
    "Upload",
    "UploadRef",
    "UploadRequest",
    "Waiting",
    "Write",
    "accepted_event",
    "announcements",
    "is_free",
    "is_over",
    "is_switched",
    "kind_of",
    "parking",
    "request_of",
    "state",
    "task_id_of",
    "upload_id_of",
]
