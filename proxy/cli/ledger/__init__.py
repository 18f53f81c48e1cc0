"""``breb-proxy ledger`` and what it prints."""
