"""Answers of AWS that refuse an action, and the text that names the action to an operator.

AWS spells it differently from service to service, and with HTTP status 400 as often as 403. S3's
answer to a HEAD has no body: there the status is all there is. Sources: "Common error types" of
each service's API reference, and "Error responses" of the S3 API reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFUSED_STATUS: Final = frozenset({401, 403})
# 403, but about the request's rate or the object's storage class: nobody lacks a permission.
_NOT_REFUSED: Final = frozenset({"invalidobjectstate", "overlimit", "requestthrottled"})
_CODES: Final = frozenset(
    {
        "accessdenied",
        "allaccessdisabled",
        "accountproblem",
        "authorizationerror",
        "authorizationheadermalformed",
        "authorizationqueryparameterserror",
        "authfailure",
        "blocked",
        "credentialsnotsupported",
        "expiredtoken",
        "incompletesignature",
        "invalidaccesskeyid",
        "invalidclienttokenid",
        "invalididentitytoken",
        "invalidsecurity",
        "invalidsignature",
        "invalidtoken",
        "idprejectedclaim",
        "missingauthenticationtoken",
        "missingsecurityelement",
        "missingsecurityheader",
        "notauthorized",
        "notsignedup",
        "optinrequired",
        "pendingverification",
        "regiondisabled",
        "requestexpired",
        "requestinthefuture",
        "requesttimetooskewed",
        "signaturedoesnotmatch",
        "subscriptionrequired",
        "tokenrefreshrequired",
        "unauthorizedaccess",
        "unauthorizedoperation",
        "unrecognizedclient",
    }
)
_KMS: Final = ("kms", "kmsaccessdenied", "kmsdisabled", "kmsinvalidstate", "kmsoptinrequired")
_PERMISSIONS: Final = {  # an action of S3's API to the permission it needs, where they differ
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "GetObject of the source and s3:PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
}
_MESSAGE: Final = re.compile(r"not authorized to perform: ([\w:]+)(?: on resource: (\S+))?")
RESOURCE: Final = "MentorUploadResource"
"""Key of an error's ``Error`` under which ``telemetry.aws_calls`` notes the resource."""


_CLOCK: Final = frozenset({"requestexpired", "requestinthefuture", "requesttimetooskewed"})
_SIGNATURE: Final = frozenset({"incompletesignature", "invalidsignature", "signaturedoesnotmatch"})


def _plain(code: str) -> str:
    """Return a code as our sets have it: without the service's prefix and suffix."""
    return re.split(r"[.#]", code)[-1].lower().removesuffix("exception")


def is_denied(code: str, status: int) -> bool:
    """Return whether an error means that a permission, a valid key or a subscription is missing."""
    name = _plain(code)
    if name in _NOT_REFUSED:
        return False
    return status in _REFUSED_STATUS or name in _CODES or name in _KMS


def advice_on(code: str) -> str:
    """Return what an operator is to look at, in a few words.

    A signature covers the time, so that a wrong clock is also called a wrong signature (AWS
    General Reference, "Troubleshooting Signature Version 4": at most 15 minutes off, S3 as well).
    """
    name = _plain(code)
    if name in _CLOCK:
        return "see whether its clock is right"
    if name in _SIGNATURE:
        return "see whether its clock is right, and its key"
    return "see what its role may do"


def action_of(dependency: str, operation: str, error: Mapping[str, Any]) -> str:
    """Return the refused action and its resource, for an operator: never AWS's own text.

    ``dependency`` is IAM's prefix: ``s3``, ``sqs`` …
    """
    named = _MESSAGE.search(str(error.get("Message", "")))
    if named:
        action, resource = named[1], named[2]
    else:
        service = "sts" if operation.startswith("AssumeRole") else dependency
        permission = _PERMISSIONS.get(operation, operation) if service == "s3" else operation
        action, resource = f"{service}:{permission}", None
    resource = resource or error.get(RESOURCE)
    return f"{action} on {resource}" if resource else action


def resource_of(parameters: Mapping[str, Any]) -> str | None:
    """Return the resource that a call's parameters name; ``None`` where they name none."""
    if "Bucket" in parameters:
        return "/".join(str(parameters[key]) for key in ("Bucket", "Key") if key in parameters)
    names = ("QueueUrl", "QueueName", "TopicArn", "TableName", "TranscriptionJobName")
    found = next((str(parameters[name]) for name in names if name in parameters), None)
    return found.rpartition("/")[2] if found else None
