"""Measures the harness against what a user would otherwise use (design, section 10)."""
