"""A handset as its user knows it: keys, display, lists, tones and volume."""
