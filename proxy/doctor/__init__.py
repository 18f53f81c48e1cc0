"""Finds, step by step, the reason why the proxy does not work: ``breb-proxy check``."""
