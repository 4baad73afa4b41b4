"""Queries of dashboards and alert rules, the programs that judge them, and stored traces."""

from observing.asked import Question, dashboards, program, questions, rules
from observing.promql import Names, names_in
from observing.scraping import free_port, targets_of
from observing.traces import whole_trace

__all__ = [
    "Names",
    "Question",
    "dashboards",
    "free_port",
    "names_in",
    "program",
    "questions",
    "rules",
    "targets_of",
    "whole_trace",
]
