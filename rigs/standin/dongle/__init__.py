"""The serial DECT test dongle: protocol version 1 on a pty, worked from the handset's side of the air."""
