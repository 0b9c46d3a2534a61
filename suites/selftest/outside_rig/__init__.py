"""A rig that the harness did not start: the stand-in by itself in another network namespace, as a lab's own rig."""
