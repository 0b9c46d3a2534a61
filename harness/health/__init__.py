"""Walks every part of a rig and says in one line each what was tried, what answered, and how to mend it."""
