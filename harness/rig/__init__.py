"""The rig: its file, its secrets, its lease, its network segment and what must be started before it answers."""
