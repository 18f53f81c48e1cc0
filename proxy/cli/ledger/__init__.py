"""``breb-proxy ledger`` and its output."""
