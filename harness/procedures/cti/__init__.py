"""Procedures for action URLs: what a web server is told of users, handsets and calls."""
