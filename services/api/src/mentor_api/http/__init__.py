"""Every request: the Flask application, its edge, and the parts that all routes share."""
