"""Error reports to Sentry, off unless switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk

if TYPE_CHECKING:
    from mentor_common.settings import CommonSettings


def start(service: str, settings: CommonSettings) -> None:
    """Report what is logged as an error, where a DSN is given and reports are switched on.

    Local variables stay here: they may hold tokens.
    """
    dsn = settings.sentry_dsn_mentor_upload
    if not settings.is_sentry_enabled or dsn is None:
        return
    sentry_sdk.init(
        dsn=dsn.get_secret_value(),
        environment=settings.stage,
        server_name=service,
        include_local_variables=False,
        max_request_body_size="never",
    )
