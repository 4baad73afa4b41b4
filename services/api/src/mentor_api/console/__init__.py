"""What the operator's console asks for and does: the page ``/ops`` and its routes stand on it."""
