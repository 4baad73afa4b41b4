"""The services' real code on simulated AWS and GraphQL, in virtual time.

Everything runs in one thread on one event loop whose clock jumps: an hour of the services' life
takes well under a second, and the same seed gives the same run.
"""
