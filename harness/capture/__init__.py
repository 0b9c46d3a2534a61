"""Packets as evidence, live and stored: dissected by tshark into SIP messages, dialogs and RTP streams.

`live` gives the running capture, `trace` a stored one; both yield the same messages, so that one verdict
function serves a test of tonight and a trace of last year.
"""
