"""What base and handsets are like when a test is over."""
