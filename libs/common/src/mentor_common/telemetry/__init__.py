"""The view from outside: logs without secrets, traces, metrics, error reports."""
