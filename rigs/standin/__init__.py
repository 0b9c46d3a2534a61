"""The stand-in: a snom m9 rig made of software, a program of its own.

`python -m rigs.standin --rig FILE` must run inside a private network namespace. It makes the rig's network (the
base's plug, the PoE switch, the guest's socket), starts the processes that meet on it as the real parts do, prints
one JSON line when the rig answers, and leaves nothing behind however it ends.

It imports nothing of the harness and reads none of its files: facts that both hold are written twice on purpose.
"""
