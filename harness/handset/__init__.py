"""Handsets, worked over the serial DECT test dongle (design, section 7)."""
