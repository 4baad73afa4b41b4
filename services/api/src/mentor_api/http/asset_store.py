"""Small files that clients send: stored under a key of their own, then shown by GraphQL."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mentor_api.http.problems import not_found, unavailable
from mentor_common.errors import DependencyDownError
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock

_log = get_logger(__name__)


@dataclass(frozen=True)
class AssetStore:
    """Files in the static bucket, and the mutations of GraphQL that show them."""

    graphql: GraphQLClient
    storage: Storage
    clock: Clock
    bucket: str
    static_url_base: str

    def version(self) -> str:
        """Return a part of a key that is never given out again, in the order of time."""
        now = datetime.fromtimestamp(self.clock.now(), UTC)
        return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(8)}"

    def url(self, key: str) -> str:
        """Return the public URL of a key."""
        return f"{self.static_url_base}{key}"

    def publish(
        self, content: bytes, key: str, mutation: str, variables: dict[str, Any], owner: str
    ) -> None:
        """Store ``content`` and make GraphQL show it, or tag it for removal.

        Parameters
        ----------
        mutation, variables
            A document with one field under ``api``, and its variables.
        owner
            The object that the mutation changes, for the error text.

        Raises
        ------
        Problem
            404 when the owner does not exist, 503 when GraphQL refuses or is down.
        """
        self.storage.put_bytes(content, self.bucket, key)
        try:
            applied = self.graphql.as_service(mutation, variables).get("api") or {}
        except GraphQLRefusedError as error:
            if not error.repeated:
                self.tag_superseded(key)
            if any(" found" in message for message in error.messages):
                raise not_found(f"{owner} not found; reload the page") from None
            _log.warning("GraphQL refuses", error=str(error), key=key)
            raise unavailable("The mentor's profile service") from None
        except DependencyDownError:
            # It may have been applied all the same, so the object has to stay.
            _log.warning("GraphQL did not confirm that it took the file", key=key)
            raise
        if list(applied.values()) != [True]:
            self.tag_superseded(key)
            raise not_found(f"{owner} not found; reload the page")

    def tag_superseded(self, key: str) -> None:
        """Tag an object for removal; in an outage it only stays for longer."""
        try:
            self.storage.tag_superseded(self.bucket, key)
        except DependencyDownError as error:
            _log.warning("object not tagged", error=str(error), key=key)
