"""Transfers of an exported mentor: accepted, its media copied."""
