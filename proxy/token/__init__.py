"""One access token, kept fresh for everyone."""
