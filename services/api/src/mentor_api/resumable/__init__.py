"""Resumable uploads: a long video in parts, each sent straight to S3."""
