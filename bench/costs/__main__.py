"""``make bench-costs``: the tables of docs/costs.md, and their figures as one line of JSON."""

from __future__ import annotations

import json

from bench.costs.page import as_markdown, figures

print(as_markdown())
print()
print(json.dumps(figures()))
