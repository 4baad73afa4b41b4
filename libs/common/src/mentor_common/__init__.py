"""The library that the services of mentor-upload share. Import the submodules."""
