"""Signed requests that let a browser send bytes straight to S3: a form, or URLs for parts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from mentor_common.aws import clients
from mentor_common.aws.clients import outages_of

if TYPE_CHECKING:
    from mentor_api.settings import WebSettings


class Presigner:
    """Signs upload forms and part URLs.

    Signatures cover the host, so the client here uses the host that the browser will use. The
    upload UI forwards only key, policy, signature and ``x-amz-*`` fields: the policy must ask for
    nothing else.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._parts = self._client("s3v4")
        self._forms = self._parts if settings.presign_signature == "v4" else self._client("s3")

    def _client(self, signature: str) -> Any:
        public = self._settings.s3_public_endpoint_url
        return clients.session().client(
            "s3",
            region_name=self._settings.aws_region,
            endpoint_url=public,
            config=Config(
                signature_version=signature,
                s3={"addressing_style": "path" if public else "virtual"},
            ),
        )

    def new_key(self, user: str) -> str:
        """Return a key for an upload of ``user`` that was not given before."""
        return f"{user}/{uuid.uuid4()}"

    def part_url(self, key: str, multipart_id: str, number: int) -> str:
        """Return the URL that takes one part by ``PUT``; no request is made.

        Raises
        ------
        DependencyDownError
            When there are no credentials to sign with.
        """
        parameters = {
            "Bucket": self._settings.signed_upload_bucket,
            "Key": key,
            "UploadId": multipart_id,
            "PartNumber": number,
        }
        with outages_of("s3"):
            url = self._parts.generate_presigned_url(
                "upload_part", Params=parameters, ExpiresIn=self._settings.upload_expiry_seconds
            )
        return str(url)

    def form(self, user: str) -> dict[str, Any]:
        """Return ``{"url", "fields"}`` for one upload of ``user``; no request is made.

        Raises
        ------
        DependencyDownError
            When there are no credentials to sign with.
        """
        with outages_of("s3"):
            form = self._forms.generate_presigned_post(
                Bucket=self._settings.signed_upload_bucket,
                Key=self.new_key(user),
                Conditions=[["content-length-range", 1, self._settings.upload_max_bytes]],
                ExpiresIn=self._settings.upload_expiry_seconds,
            )
        return dict(form)
