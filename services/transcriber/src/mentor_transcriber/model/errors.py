"""Errors of finding and fetching a model; each message says what to do, and holds no secret."""

from __future__ import annotations


class ModelError(Exception):
    """There is no such model, or it cannot be had."""


class ModelSettingsError(ModelError):
    """A setting names no model."""


class SourceError(ModelError):
    """A source does not give a file; the next source is asked."""


class InterruptedTransferError(SourceError):
    """A transfer ended early; it may be resumed."""
