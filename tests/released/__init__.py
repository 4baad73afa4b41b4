"""Events and items that each release writes, and its actions on those of other releases.

:mod:`released.write` and :mod:`released.read` run in a process of their own with the code of one
release on ``PYTHONPATH``, and use only what all releases have. They are started by
:mod:`released.releases`.
"""
