"""The OpenAPI 3.1 document, made from the operations of all routes."""

from mentor_api.openapi.document import build

__all__ = ["build"]
