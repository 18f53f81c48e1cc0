"""The last exchanges, masked and bounded, for people."""
