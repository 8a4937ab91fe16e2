"""Reports in an office's own Word template."""
