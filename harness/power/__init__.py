"""The base's plug: a PoE port or an outlet, switched over SNMP and never believed on its word."""
