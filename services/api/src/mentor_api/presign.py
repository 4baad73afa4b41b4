"""The presigned POST with which the browser sends the bytes straight to S3."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mentor_api.settings import WebSettings

_SIGNATURES = {"v4": "s3v4", "v2": "s3"}


class Presigner:
    """Signs upload forms.

    Signatures cover the host, so the client here uses the host that the browser will use. The
    upload UI forwards only key, policy, signature and ``x-amz-*`` fields: the policy must ask for
    nothing else.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._s3 = boto3.client(
            "s3",
            region_name=settings.aws_region,
            endpoint_url=settings.s3_public_endpoint_url,
            config=Config(
                signature_version=_SIGNATURES[settings.presign_signature],
                s3={"addressing_style": "path" if settings.s3_public_endpoint_url else "virtual"},
            ),
        )

    def form(self, user: str) -> dict[str, Any]:
        """Return ``{"url", "fields"}`` for one upload of ``user``; no request is made."""
        return dict(
            self._s3.generate_presigned_post(
                Bucket=self._settings.signed_upload_bucket,
                Key=f"{user}/{uuid.uuid4()}",
                Conditions=[["content-length-range", 1, self._settings.upload_max_bytes]],
                ExpiresIn=self._settings.upload_expiry_seconds,
            )
        )
