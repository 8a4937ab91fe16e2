"""What is done with many evaluations at once."""
