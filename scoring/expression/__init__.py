"""The language of rules: its tree, its text, and its readings, one file each."""
