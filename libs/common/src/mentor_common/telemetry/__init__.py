"""Telemetry: logs without secrets, traces, metrics, error reports."""
