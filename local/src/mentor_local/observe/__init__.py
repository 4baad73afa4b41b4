"""Seeing what the local stack does: traces, metrics, alerts, and a page that shows them.

A part of the stack (``python -m mentor_local.observe``) takes the services' spans, keeps the last
ones and serves the page. ``make observe`` adds a Prometheus beside it.
"""
