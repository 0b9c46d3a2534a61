"""The web pages of the base."""
