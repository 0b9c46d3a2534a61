"""Compares the harness with the tools that a user would use instead (design, section 10)."""
