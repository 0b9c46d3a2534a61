"""What every part of the stand-in stands on: the rig file, strategies, quirks, the kernel's facilities."""
