"""The acts of a lab procedure and what they must lead to: drivers are worked, the wire is asked, rules are named.

Each act ends with its event or raises: ProductFailure when the base broke a rule, InvalidTest when the stimulus never
reached it, RigFault when a part of the rig failed.
"""
