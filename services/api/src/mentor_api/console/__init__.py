"""The operator's console: what the page ``/ops`` shows and does."""
