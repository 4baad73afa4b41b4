"""Operators' actions, for both of their tools: ``mentor-ops`` and the api's console."""
