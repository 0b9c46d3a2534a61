"""Drives a rig of a real DECT base, its handsets, a switch and a PBX, and judges it on the wire."""
