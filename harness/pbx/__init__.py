"""The SIP servers of a profile: an external one, or the embedded baseline (Kamailio)."""
