"""Checks every part of a rig; one line for each says what was tried, what answered, and how to repair it."""
