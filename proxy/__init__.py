"""A token-injecting reverse proxy for Passport's Bre-B API."""

__version__ = "1.0.0"
