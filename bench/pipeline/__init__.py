"""``make bench-pipeline``: what the pipeline itself costs; each figure is made by one module."""
