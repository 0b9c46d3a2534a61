"""The handset: keys, display rows, screens, call lists, ringer, clock, ear and mouth. One object a handset."""
