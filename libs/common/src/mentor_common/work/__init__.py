"""Units of work on the jobs table: claims and leases, progress, the worker process."""
