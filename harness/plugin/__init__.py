"""The pytest plugin: options, selection, fixtures, verdicts and the run's folder.

`entry` is all that is loaded while no rig is named.
"""
