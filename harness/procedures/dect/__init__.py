"""Handsets at their base: subscription, registration mode, range."""
