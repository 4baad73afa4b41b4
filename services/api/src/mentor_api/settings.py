"""Settings of the api's two processes. An environment name is the field's name in capitals."""

from __future__ import annotations

from typing import Literal

from limits import parse
from pydantic import Field, SecretStr, field_validator, model_validator

from mentor_api.transfers.remote import Exceptions
from mentor_common.settings import CommonSettings, GraphQLSettings, WorkerSettings

_BROWSER_URL = r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s#]+$"
"""A URL that a page may give tokens to, or have them from: HTTPS, or this machine."""


class WebSettings(GraphQLSettings, CommonSettings):
    """The web process."""

    jwt_secret: SecretStr = Field(
        description="HS256 key of access tokens; `exp` is required, `exp` and `nbf` may be off by "
        "60 s, `iat` decides nothing"
    )
    static_url_base: str = Field(description="base of public URLs, with a trailing slash")
    s3_public_endpoint_url: str | None = Field(
        default=None, description="S3 as the browser reaches it, where it differs from ours"
    )
    presign_signature: Literal["v4", "v2"] = Field(
        default="v4", description="how upload forms are signed"
    )
    upload_max_bytes: int = Field(
        default=524_288_000,
        ge=1,
        le=5 << 30,
        description="largest video that is posted in one form: five minutes at 13.9 Mbit/s "
        "(browsers record 2.5 by default, some 12 at 1080p)",
    )
    resumable_max_bytes: int = Field(
        default=4 << 30, ge=1, le=5 << 30, description="largest video that is sent in parts"
    )
    upload_expiry_seconds: int = Field(
        default=3600, ge=60, le=604_800, description="life of an upload form, and of a part's URL"
    )
    transfer_max_bytes: int = Field(
        default=20_971_520, ge=1, description="largest body of a mentor transfer"
    )
    url_prefix: str = Field(default="", description="prefix of all routes")
    cors_origin: str = Field(
        default="*", description="origins whose pages may call, separated by commas"
    )
    rate_limit_reads: str = Field(
        default="600 per minute", description="of one user, on routes that only read"
    )
    rate_limit_writes: str = Field(
        default="60 per minute", description="of one user, on all others"
    )
    rate_limit_storage: str = Field(
        default="memory://",
        description="where requests are counted: in each process, or in a Redis they share "
        "(`redis://host:6379/0`)",
    )
    studio_enabled: bool = Field(default=False, description="whether the page `/studio` is there")
    studio_sign_in_as: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{24}/[0-9a-f]{24}$",
        description="`user/mentor` whom the local stack's studio signs in at a click; a deployment "
        "does not start with it",
    )
    console_enabled: bool = Field(
        default=False,
        description="whether the operator's console is there, the page `/ops` and its routes; "
        "needs the stack's parameter `Console=true`",
    )
    console_sign_in_as: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{24}$",
        description="administrator whom the local stack's console signs in at a click; a "
        "deployment does not start with it",
    )
    sign_in_url: str | None = Field(
        default=None,
        pattern=_BROWSER_URL,
        description="the deployment's login page, to which studio and console send people "
        "([how](how-to/sign-in.md)); without one they paste a token",
    )
    sign_in_client_id: str | None = Field(
        default=None,
        description="of the pages at an OpenID Connect provider, whose authorization endpoint "
        "`SIGN_IN_URL` is then",
    )
    sign_in_token_url: str | None = Field(
        default=None,
        pattern=_BROWSER_URL,
        description="where the browser exchanges the provider's code for a token of the api",
    )
    sign_in_scope: str = Field(default="openid", description="what the provider is asked for")
    sign_in_renewal_url: str | None = Field(
        default=None,
        pattern=_BROWSER_URL,
        description="mentor-graphql as browsers reach it, which renews a token by its cookie",
    )
    trace_url_template: str | None = Field(
        default=None,
        pattern=r"^https?://\S*\{trace_id\}\S*$",
        description="page of a trace, with `{trace_id}` in it, which the console links",
    )
    image_max_pixels: int = Field(
        default=25_000_000, ge=1, description="largest picture, width times height"
    )
    web_host: str = Field(
        default="0.0.0.0",  # noqa: S104 -- a pod listens to its service
        description="address of the API",
    )
    web_port: int = Field(default=8000, description="port of it")
    web_processes: int = Field(default=2, ge=1, description="gunicorn workers")
    web_connections: int = Field(
        default=2000, ge=1, description="connections of clients at once in each process"
    )
    web_headers_seconds: float = Field(
        default=10,
        gt=0,
        description="from a connection's beginning, or its last answer, until the next request's "
        "headers are there; it is closed then",
    )
    web_silence_seconds: float = Field(
        default=30,
        gt=0,
        description="longest wait for a piece of a body (then 408), or until a client takes a "
        "piece of its answer",
    )
    web_least_rate: int = Field(
        default=4096,
        ge=1,
        description="bytes a second at which a body has to arrive, and an answer to be taken; a "
        "body of any size passes that is as fast",
    )
    web_large_bodies: int = Field(
        default=8,
        ge=1,
        description="pictures that a process takes in at once, half of them of one user at most; "
        "others wait for ten seconds, then 503; as many captions, and as many exports",
    )
    web_calls: int = Field(
        default=256,
        ge=1,
        description="calls of each dependency under way at once in each process; one more is "
        "answered 503 at once",
    )
    events_max_streams: int = Field(
        default=1000,
        ge=0,
        description="streams of progress at once in each process; when all are taken, clients poll",
    )
    events_reads_per_second: float = Field(
        default=40,
        gt=0,
        description="looks at the jobs table for all streams of a process together; the more "
        "uploads are watched, the less often each is looked at",
    )
    events_max_seconds: float = Field(
        default=60, gt=0, description="life of a stream; the client then asks again"
    )

    @property
    def local_mentor(self) -> tuple[str, str] | None:
        """User and mentor of ``STUDIO_SIGN_IN_AS``."""
        user, _, mentor = (self.studio_sign_in_as or "").partition("/")
        return (user, mentor) if mentor else None

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The origins of ``CORS_ORIGIN``."""
        return tuple(origin.strip() for origin in self.cors_origin.split(",") if origin.strip())

    @field_validator("rate_limit_reads", "rate_limit_writes")
    @classmethod
    def _readable_limit(cls, value: str) -> str:
        parse(value)  # a ValueError stops the process at start
        return value

    @model_validator(mode="after")
    def _signs_nobody_in_but_locally(self) -> WebSettings:
        # AWS's own endpoints are in use where this is not set: then it is a deployment.
        local = self.stage == "local" and self.s3_public_endpoint_url
        if (self.studio_sign_in_as or self.console_sign_in_as) and not local:
            msg = "STUDIO_SIGN_IN_AS and CONSOLE_SIGN_IN_AS are for the local stack alone; unset it"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _whole_sign_in(self) -> WebSettings:
        if (self.sign_in_client_id is None) != (self.sign_in_token_url is None):
            msg = "SIGN_IN_CLIENT_ID and SIGN_IN_TOKEN_URL go together; set both or neither"
            raise ValueError(msg)
        if self.sign_in_url is None and (self.sign_in_client_id or self.sign_in_renewal_url):
            msg = "SIGN_IN_CLIENT_ID and SIGN_IN_RENEWAL_URL need SIGN_IN_URL; set it too"
            raise ValueError(msg)
        return self

    @field_validator("url_prefix")
    @classmethod
    def _leading_slash_only(cls, value: str) -> str:
        stripped = value.strip("/")
        return f"/{stripped}" if stripped else ""


class IngestSettings(GraphQLSettings, WorkerSettings):
    """The ingest worker. Times are in seconds."""

    console_enabled: bool = Field(
        default=False,
        description="whether it goes on with what operators began at the console, as set for `web`",
    )
    concurrency: int = Field(default=4, ge=1, le=100, description="messages handled at once")
    static_url_base: str | None = Field(
        default=None,
        description="base of public URLs; media under it are copied inside S3",
    )
    remote_fetch_max_bytes: int = Field(
        default=524_288_000, ge=1, description="largest medium of a transfer"
    )
    remote_fetch_seconds: float = Field(default=600, gt=0, description="longest fetch of one")
    remote_fetch_answer_seconds: float = Field(
        default=20,
        gt=0,
        description="longest silence of another's host, until its answer and within it",
    )
    remote_fetch_exceptions: str = Field(
        default="",
        description="for development: networks, hosts and `host:port` that may be fetched from "
        "although they are not public, separated by commas",
    )

    @property
    def remote_fetch_pauses(self) -> tuple[float, float]:
        """Seconds between the three tries of a medium on another's host.

        With three waits of 20 s a host that keeps silent costs a medium 100 s, and one that is
        being restarted gets 40 s.
        """
        base, cap = self.backoff_base_seconds, self.backoff_cap_seconds
        return min(cap, 2 * base), min(cap, 6 * base)

    @field_validator("remote_fetch_exceptions")
    @classmethod
    def _readable_exceptions(cls, value: str) -> str:
        Exceptions.parse(value)  # a ValueError stops the process at start
        return value
