"""Tools for those who write and keep indicator sets: a set's own test cases, and proof that they would notice a change."""
