"""The state of base and handsets after a test."""
