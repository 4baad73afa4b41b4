"""Keeps the mentor's GraphQL API true and decides when an answer is ready or failed."""
