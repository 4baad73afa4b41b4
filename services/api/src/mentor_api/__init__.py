"""The HTTP edge of mentor-upload and its ingest worker."""
