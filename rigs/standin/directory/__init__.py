"""The base's LDAP client, for callers' names and for handsets, and the address books of the identities."""
