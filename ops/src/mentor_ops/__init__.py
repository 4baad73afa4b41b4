"""``mentor-ops``: the tool of people on call."""
