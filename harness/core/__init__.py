"""What every room stands on: errors, time, steps, verdicts, secrets, signals; it imports none of the rest."""
