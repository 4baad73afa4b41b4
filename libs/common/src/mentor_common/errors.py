"""The exceptions of the project, and what becomes of the message whose handler raises one.

::

    MentorUploadError
    ├── PermanentError      bad input: the task FAILS with a reason; without a task, a dead letter
    ├── TransientError      try again later: backoff through the visibility timeout
    │   └── RemoteHostError another party's host: a try like any other, but no fault of this release
    ├── DependencyDownError GraphQL, S3, SNS, SQS, DynamoDB: the consumer pauses and probes
    │   └── AccessDeniedError   AWS refuses our role: one message tries whether that was mended
    ├── HandBackError       not ours to do now: hide the message until a moment, count nothing
    ├── StoppedError        the work lost its right to go on: publish nothing
    ├── UnstorableError     a value that nobody could read back; nothing was written
    └── UnreadableItemError an item of the jobs table that fits no model of this release

The exception a handler raises decides alone what the consumer does (``consumer/settlement.py``).
The last two, and any other exception, are defects to it and treated as transient: a later release
may mend them.
"""

from __future__ import annotations


class MentorUploadError(Exception):
    """Base of every error this project raises on purpose."""


class PermanentError(MentorUploadError):
    """Input that will never work, however often it is tried.

    Parameters
    ----------
    code
        Stable snake_case identifier for programs (``no_video``, ``too_short`` …).
    reason
        One sentence for the mentor: what is wrong and what to do about it.
    values
        What the sentence says in figures and names, for pages that say it in other words.
    """

    def __init__(self, code: str, reason: str, **values: float | str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.values = values


class TransientError(MentorUploadError):
    """Something that may go better the next time.

    A retry makes sense after ``retry_after`` seconds; the backoff decides when ``None``.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteHostError(TransientError):
    """Another party's host, named by a mentor's data, that does not do what was asked of it.

    It is no dependency: each failure counts as a try, and nothing is paused for it. ``reason`` is
    one sentence for the mentor that names the host, and neither path nor query.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DependencyDownError(MentorUploadError):
    """A dependency does not answer; no message is at fault.

    Parameters
    ----------
    dependency
        ``graphql``, ``s3``, ``sns``, ``sqs``, ``dynamodb`` or ``transcribe``.
    message
        What was seen, without secrets.
    """

    def __init__(self, dependency: str, message: str) -> None:
        super().__init__(f"{dependency}: {message}")
        self.dependency = dependency


class AccessDeniedError(DependencyDownError):
    """AWS refuses an action of ours: a permission, a valid key or a subscription is missing.

    No message is at fault, and only the same action shows whether it was mended: what a probe
    asks may have been allowed all the time.

    Parameters
    ----------
    dependency
        See :class:`DependencyDownError`.
    code
        AWS's error code.
    action
        IAM's name of the action and what it was refused on.
    advice
        What an operator is to look at.
    """

    def __init__(
        self, dependency: str, code: str, action: str, advice: str = "see what its role may do"
    ) -> None:
        super().__init__(dependency, f"{code}: {action} is refused; {advice}")


class HandBackError(MentorUploadError):
    """The message is not to be worked on before a moment; nothing is counted.

    The message stays hidden for so many ``seconds``.
    """

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class StoppedError(MentorUploadError):
    """The lease was lost, or the upload was cancelled or superseded: stop, publish nothing."""


class UnstorableError(MentorUploadError):
    """A value that cannot be stored, or not read back everywhere; nothing was written.

    Parameters
    ----------
    attribute
        Its name, with dots on the way to what is within it.
    problem
        What is wrong with it, as the end of a sentence, without the value.
    """

    def __init__(self, attribute: str, problem: str) -> None:
        super().__init__(f"{attribute} {problem}")
        self.attribute = attribute
        self.problem = problem


class UnreadableItemError(MentorUploadError):
    """An item of the jobs table that fits no model of this release: it is to be set aside.

    Parameters
    ----------
    pk, sk
        Its key.
    problem
        Which attributes are wrong and how, without their values.
    """

    def __init__(self, pk: str, sk: str, problem: str) -> None:
        super().__init__(f"{pk} / {sk} cannot be read: {problem}")
        self.pk = pk
        self.sk = sk
        self.problem = problem
