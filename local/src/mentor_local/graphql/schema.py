"""The schema file, and the schema built from it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from graphql import GraphQLSchema, build_schema

SCHEMA_PATH = Path(__file__).with_name("schema.graphql")


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """Return the schema without resolvers, for validating what clients send."""
    return build_schema(SCHEMA_PATH.read_text(encoding="utf-8"))
