"""What the project makes with its own code: pages, examples, releases."""
