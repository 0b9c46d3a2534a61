"""Security: SIP over TLS, trusted roots, servers that are not what they seem."""
