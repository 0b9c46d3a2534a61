"""Calls of the base: what joins handsets and SIP dialogs."""
