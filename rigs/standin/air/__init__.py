"""The air: what passes between the base's radio and its handsets, after DECT (ETSI EN 300 175) and GAP.

`protocol` names the messages, `radio` is the base's end, `medium` the portable parts' end with range and fading.
"""
