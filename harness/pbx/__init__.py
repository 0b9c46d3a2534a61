"""The SIP servers of a profile: an external one, the embedded baseline (Kamailio), or the dialect server."""
