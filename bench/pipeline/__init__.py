"""What a message costs, and what an upload costs in calls."""
