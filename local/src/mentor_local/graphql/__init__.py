"""A GraphQL server over SQLite that keeps mentor-graphql's contract. A tool for development.

In a test::

    with GraphQLServer(jwt_secret=…, api_secret=…, static_url_base="http://static/") as server:
        requests.post(server.url, json={"query": "{ config { styleHeaderLogo } }"})
        server.store.upload_task(SEED_MENTOR_ID, SEED_QUESTION_ID)
"""
