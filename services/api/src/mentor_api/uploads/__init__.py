"""Uploads of answers: accepted, followed, cancelled, tried again."""
