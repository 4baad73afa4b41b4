"""``mentor-ops``: the tool of people on call. DESIGN §5."""
