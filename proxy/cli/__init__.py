"""The commands: what each does, and how ``breb-proxy`` finds it."""
