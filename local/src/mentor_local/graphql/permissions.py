"""Permissions to view and edit, with the original's mistakes where clients can see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLError

if TYPE_CHECKING:
    from mentor_local.graphql.auth import Caller
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.values import Document

CONTENT_ROLES = frozenset({"CONTENT_MANAGER", "ADMIN", "SUPER_CONTENT_MANAGER", "SUPER_ADMIN"})
_ORG_EDITORS = frozenset({"ADMIN", "CONTENT_MANAGER"})
_ORG_VIEWERS = frozenset({"SUPER_ADMIN", "SUPER_CONTENT_MANAGER"})
_EDIT_PERMISSIONS = frozenset({"MANAGE", "ADMIN"})


def can_edit_mentor(store: Store, mentor: Document | None, caller: Caller | None) -> bool:
    """Return whether ``caller`` may edit ``mentor``. A disabled account makes no difference.

    Raises
    ------
    GraphQLError
        For a service: the original reads a list that a service does not have.
    """
    if mentor is None or caller is None:
        return False
    return _edits_through_organization(store, mentor, caller) or _owns_or_manages(mentor, caller)


def can_view_mentor(mentor: Document | None, caller: Caller | None) -> bool:
    """Return whether ``caller`` may see ``mentor``: anyone a public one, few a private one.

    Raises
    ------
    GraphQLError
        For a service and a private mentor, as in `can_edit_mentor`.
    """
    if mentor is None:
        return False
    if not mentor["isPrivate"]:
        return True
    return caller is not None and _owns_or_manages(mentor, caller)


def can_view_organization(organization: Document, caller: Caller | None) -> bool:
    """Return whether ``caller`` may see ``organization``: members only when it is private."""
    if not organization["isPrivate"]:
        return True
    if caller is None:
        return False
    members = {member["user"] for member in organization["members"]}
    return caller.role in _ORG_VIEWERS or caller.user_id in members


def _owns_or_manages(mentor: Document, caller: Caller) -> bool:
    if caller.user_id is not None and caller.user_id == mentor["user"]:
        return True
    if caller.mentor_ids is None:
        raise GraphQLError("Cannot read properties of undefined (reading 'includes')")
    # The original's bug: a list of mentor ids is searched for the id of a user.
    return mentor["user"] in caller.mentor_ids or caller.role in CONTENT_ROLES


def _edits_through_organization(store: Store, mentor: Document, caller: Caller) -> bool:
    for permission in mentor["orgPermissions"]:
        if permission["editPermission"] not in _EDIT_PERMISSIONS:
            continue
        organization = store.by_id("organizations", permission["org"])
        members = organization["members"] if organization else []
        if any(m["user"] == caller.user_id and m["role"] in _ORG_EDITORS for m in members):
            return True
    return False
