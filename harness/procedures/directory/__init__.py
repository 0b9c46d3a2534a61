"""An LDAP directory: what the base is told of it, how it behaves, and what handsets find in it."""
