"""A base that boots, and what it is given."""
