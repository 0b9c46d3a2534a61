"""The server profiles as data: what a base must do under each, with the source and the parameters of its rules."""
