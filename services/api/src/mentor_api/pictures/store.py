"""Pictures of mentors, organisations and the site: stored, and shown by GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_api import graphql_documents
from mentor_api.http.connection import has_left

if TYPE_CHECKING:
    from mentor_api.http.asset_store import AssetStore
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_api.pictures.decoder import PictureDecoder


@dataclass(frozen=True)
class PictureStore:
    """Handling of the four routes; each returns the picture's URL.

    All raise :class:`~mentor_api.http.problems.Problem`: 403, 404 for no such owner, and for the
    file 400, 413 or 415; 503 where it is not decoded in time.
    """

    permissions: Permissions
    asset_store: AssetStore
    decoder: PictureDecoder

    def thumbnail(self, caller: Caller, mentor: str, raw: bytes) -> str:
        """Store a mentor's thumbnail."""
        path = ("thumbnails", "thumbnail")
        return self._of_mentor(caller, mentor, raw, path, graphql_documents.UPDATE_THUMBNAIL)

    def background(self, caller: Caller, mentor: str, raw: bytes) -> str:
        """Store a mentor's virtual background."""
        path = ("virtual_backgrounds", "virtual_background")
        return self._of_mentor(caller, mentor, raw, path, graphql_documents.UPDATE_BACKGROUND)

    def header(self, caller: Caller, organization: str | None, raw: bytes) -> str:
        """Store the header picture of an organisation, or of the site."""
        mutation = graphql_documents.UPDATE_HEADER
        return self._of_organization(caller, organization, raw, "header", mutation)

    def footer(self, caller: Caller, organization: str | None, raw: bytes, index: int) -> str:
        """Store a footer picture of an organisation, or of the site, at a place from 0 on."""
        mutation = graphql_documents.UPDATE_FOOTER
        return self._of_organization(caller, organization, raw, "footer", mutation, index=index)

    def _of_mentor(
        self, caller: Caller, mentor: str, raw: bytes, path: tuple[str, str], mutation: str
    ) -> str:
        self.permissions.edit_mentor(caller, mentor)
        picture = self.decoder.decode(raw, caller.user, has_left)
        folder, name = path
        key = f"mentor/{folder}/{mentor}/{self.asset_store.version()}/{name}{picture.suffix}"
        variables = {"mentor": mentor, "key": key}
        self.asset_store.publish(picture.content, key, mutation, variables, "mentor")
        return self.asset_store.url(key)

    def _of_organization(
        self,
        caller: Caller,
        organization: str | None,
        raw: bytes,
        name: str,
        mutation: str,
        **variables: Any,
    ) -> str:
        if organization is None:
            self.permissions.edit_site(caller)
        else:
            self.permissions.edit_organization(caller, organization)
        picture = self.decoder.decode(raw, caller.user, has_left)
        owner = [organization] if organization else []
        folder = "/".join(["images", *owner, self.asset_store.version()])
        key = f"{folder}/{name}{picture.suffix}"
        url = self.asset_store.url(key)
        variables |= {"organization": organization, "url": url}
        self.asset_store.publish(picture.content, key, mutation, variables, "organization")
        return url
