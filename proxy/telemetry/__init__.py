"""Facts about exchanges for machines: metrics, log lines, the access log."""
