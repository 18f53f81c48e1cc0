"""A ledger in a file of its own: SQLite's, written by one process at a time."""
