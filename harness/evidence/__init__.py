"""What was recorded during a test, on one clock: subscribes to steps, reads the wire, and never fails a test itself."""
