"""What the services of mentor-upload share. Import the submodules; nothing is re-exported here."""
