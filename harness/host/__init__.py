"""The machine that the harness runs on: whether it gave the processes of a run their time."""
