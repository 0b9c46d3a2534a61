"""What every package uses: errors, time, steps, verdicts, secrets, signals; it imports no other package."""
