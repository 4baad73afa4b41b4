"""``make chaos-live``: the real stack under kills, outages and duplicates, and its ledger."""
