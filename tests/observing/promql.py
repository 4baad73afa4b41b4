"""Names in a PromQL expression: the metrics it reads, and the labels it selects and groups by.

Prometheus itself judges the syntax; here only names are told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.telemetry.metrics import Metric

_OF_THE_CLIENT = ("process_cpu_seconds_total", "process_resident_memory_bytes")
"""Metrics of the Prometheus client itself, as far as they are used."""
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_TOKEN = re.compile(
    r"\$?[a-zA-Z_:][\w:]*|\d[\w.]*|[{}(),\[\]]|[^\s\w]",
)
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
_LABEL_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_CALLED = frozenset({"(", "by", "without"})
_WORDS = frozenset({"and", "or", "unless", "offset", "bool"})


@dataclass
class Names:
    """Metrics and labels that an expression names.

    Attributes
    ----------
    matched
        Metric and label of each matcher in braces.
    metrics
        All metrics.
    grouped
        Labels of all ``by (…)`` and the like.
    """

    metrics: set[str] = field(default_factory=set)
    matched: set[tuple[str, str]] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)

    def unknown(self, catalogue: Mapping[str, Metric]) -> list[str]:
        """Return what it names that is not measured."""
        labels = labels_by_series(catalogue)
        known = set().union(*(labels.get(metric, set()) for metric in self.metrics))
        return sorted(
            [f"metric {metric}" for metric in self.metrics - set(labels)]
            + [f"{m}: label {label}" for m, label in self.matched if label not in labels.get(m, ())]
            + [f"label {label}" for label in self.grouped - known]
        )


def labels_by_series(catalogue: Mapping[str, Metric]) -> dict[str, set[str]]:
    """Return which labels each series may have, those of the scraper and the client included."""
    found = {"up": {"job", "instance"}}
    found |= {name: {"job", "instance"} for name in _OF_THE_CLIENT}
    for metric in catalogue.values():
        for series in metric.series:
            own = {"job", "instance", *metric.labels}
            found[series] = own | ({"le"} if series.endswith("_bucket") else set())
    return found


def names_in(expression: str) -> Names:
    """Return the names in an expression; strings, numbers and functions are none."""
    tokens = _TOKEN.findall(_STRING.sub('""', expression))
    found, at = Names(), 0
    while at < len(tokens):
        token, after = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else ""
        at += 1
        if not _NAME.fullmatch(token) or token in _WORDS:
            continue
        if token in _LABEL_LISTS:
            end = tokens.index(")", at)
            found.grouped |= {each for each in tokens[at:end] if _NAME.fullmatch(each)}
            at = end
        elif after == "{":
            end = tokens.index("}", at)
            found.metrics.add(token)
            found.matched |= {(token, each) for each in tokens[at:end] if _NAME.fullmatch(each)}
            at = end
        elif after not in _CALLED:
            found.metrics.add(token)
    return found
