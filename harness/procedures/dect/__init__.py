"""Handsets at their base, and what they show."""
