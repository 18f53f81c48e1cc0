"""One process: build the parts, listen, handle signals, drain, mind the memory."""
