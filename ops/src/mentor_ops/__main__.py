"""``python -m mentor_ops``: the same as ``mentor-ops``."""

from mentor_ops.app import run

run()
