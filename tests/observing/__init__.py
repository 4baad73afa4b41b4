"""What dashboards and alert rules ask, and the programs that judge it."""

from observing.asked import Question, dashboards, program, questions, rules
from observing.promql import Names, names_in
from observing.scraping import free_port, targets_of

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
]
