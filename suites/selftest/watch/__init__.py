"""Self-tests of the standing watch."""
