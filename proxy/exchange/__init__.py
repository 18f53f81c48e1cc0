"""One request's way, from top to bottom: checked, forwarded, answered, observed."""
