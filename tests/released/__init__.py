"""What each release says and writes, and how it acts on what others say and write.

:mod:`released.write` and :mod:`released.read` run in a process of their own with the code of one
release on ``PYTHONPATH``, and use only what all releases have. They are started by
:mod:`released.releases`.
"""
