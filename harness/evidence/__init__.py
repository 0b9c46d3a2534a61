"""Records what happens during a test, on one clock, from steps and packets; it never makes a test fail."""
