"""What dashboards and alert rules ask, and the programs that judge it."""

from observing.asked import Question, dashboards, program, questions, rules
from observing.promql import Names, names_in

__all__ = ["Names", "Question", "dashboards", "names_in", "program", "questions", "rules"]
