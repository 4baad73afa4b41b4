"""Checks that a stage is reachable, wired as its templates say, and needs no person."""
