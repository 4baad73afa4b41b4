"""Checks that a stage is reachable, wired as its template says, and needs no person."""
