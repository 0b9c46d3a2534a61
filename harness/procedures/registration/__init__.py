"""Identities of the base at their server."""
