"""The admin listener: probes, metrics, status, admin commands; and a client that uses it."""
