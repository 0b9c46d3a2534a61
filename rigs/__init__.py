"""Rig files, and beside them the software rig."""
