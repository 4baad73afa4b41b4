"""A GraphQL server over SQLite that keeps mentor-graphql's contract. A tool for development.

In a test::

    with GraphQLServer(jwt_secret=…, api_secret=…, static_url_base="http://static/") as server:
        requests.post(server.url, json={"query": "{ config { styleHeaderLogo } }"})
        server.store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
"""

from mentor_local.graphql.documents import WriteRecord
from mentor_local.graphql.schema import SCHEMA_PATH, schema
from mentor_local.graphql.server import GraphQLServer
from mentor_local.graphql.store import Store

__all__ = ["SCHEMA_PATH", "GraphQLServer", "Store", "WriteRecord", "schema"]
