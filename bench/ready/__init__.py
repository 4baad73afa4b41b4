"""``make bench-ready``: how long a mentor waits for an answer, and where the time goes."""
