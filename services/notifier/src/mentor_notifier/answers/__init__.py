"""Answers: GraphQL made equal to the jobs table, outcomes decided and published."""
