"""The pytest plugin: options, selection, fixtures, verdicts and the run's folder.

Only `entry` is loaded while no rig is named.
"""
