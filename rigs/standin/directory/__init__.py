"""The base's LDAP client: names of callers, and the corporate address book for handsets."""
