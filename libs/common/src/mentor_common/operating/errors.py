"""Refusals of what an operator asks for."""

from __future__ import annotations


class RefusedError(Exception):
    """There is no such thing, or its state does not allow it; the message is for the operator."""
