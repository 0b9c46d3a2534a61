"""The other end of a call: softphone peers, each in a worker process of its own behind one JSON protocol."""
