"""Mentor transfers in the jobs table and in S3: acceptance, items, manifest, import."""
