"""What Windows does otherwise than every other system; imported there alone."""
