"""Finds out, step by step, why it does not work, and says what to do: ``breb-proxy check``."""
