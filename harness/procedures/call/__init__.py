"""Calls between handsets of the base and peers."""
