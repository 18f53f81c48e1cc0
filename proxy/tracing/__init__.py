"""Traces: spans of sampled exchanges, sent to a collector; imported only if they are turned on."""
