"""Every GraphQL document that a service sends is valid against the contract's schema."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from mentor_api import graphql_documents as api_documents
from mentor_local.graphql.schema import schema
from mentor_notifier import graphql_documents as notifier_documents

DOCUMENTS = {
    f"{module.__name__}.{name}": text
    for module in (api_documents, notifier_documents)
    for name, text in vars(module).items()
    if name.isupper() and not name.startswith("_") and isinstance(text, str)
} | {f"update_tasks({count})": notifier_documents.update_tasks(count) for count in (1, 2, 4)}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_document_is_valid(name: str) -> None:
    assert validate(schema(), parse(DOCUMENTS[name])) == []


def test_all_documents_were_found() -> None:
    assert len(DOCUMENTS) >= 12
