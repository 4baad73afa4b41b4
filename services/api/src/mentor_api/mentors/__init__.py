"""Mentors that a caller may record answers for, and their questions."""
