"""The mask that stands for a hidden value."""

MASK = "••••"
