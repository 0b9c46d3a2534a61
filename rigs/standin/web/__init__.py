"""The base's web interface: a small HTTP server, form login with a session cookie, and pages made of YAML rows."""
