"""What operators do, for both of their tools: ``mentor-ops`` and the api's console. DESIGN §5."""
