"""Action URLs: what web servers are told of the users, handsets and calls of each identity."""
