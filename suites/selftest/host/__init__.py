"""Self-tests of the host watch."""
