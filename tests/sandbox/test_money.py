"""Money is moved and never made, whatever happens in whatever order."""
