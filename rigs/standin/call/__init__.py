"""Calls of the base: parties (far ends at a server, handsets) around a bridge, and who rings, holds and hangs up."""
