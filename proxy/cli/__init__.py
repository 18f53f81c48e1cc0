"""The commands, and the search for the one that was typed."""
