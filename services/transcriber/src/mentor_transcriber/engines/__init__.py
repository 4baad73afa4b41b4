"""Recognisers of speech, and the programs that they start.

Nothing is imported here: such a program would wait for it at each start.
"""
