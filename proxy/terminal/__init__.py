"""What commands share: arguments, settings as flags, the screen, durations in words."""
