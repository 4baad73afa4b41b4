"""The OpenAPI 3.1 document, made from what each route says of itself."""

from mentor_api.openapi.document import build

__all__ = ["build"]
