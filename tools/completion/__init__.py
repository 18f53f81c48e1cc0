"""Scripts that complete the commands in a shell, made of the commands' own parsers."""
