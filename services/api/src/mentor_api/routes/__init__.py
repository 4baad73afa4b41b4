"""The routes, a module for each group. Each has ``blueprint(web)`` and its models."""
