"""Is a stage reachable, wired as its template says, and is anything waiting for a person."""
