"""What stands where a value is not shown."""

MASK = "••••"
