"""The parts that commands share: arguments, settings as flags, the screen, tables."""
