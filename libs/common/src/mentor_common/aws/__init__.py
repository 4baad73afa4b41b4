"""AWS behind one edge: clients with bounded waits, S3, the jobs table, refused actions."""
