"""The rig: its file, its secrets, its lease, its network segment and the command that brings it up."""
