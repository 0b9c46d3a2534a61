"""A prefix for a command, setpriv(1): the kernel ends the command when this process dies in any way.

The life of the thread that started the command counts. setpriv must come after a program that changes the user.
"""

from __future__ import annotations

#: Ends with SIGTERM, so that the command can release its resources.
DYING_WITH_US = ("setpriv", "--pdeathsig", "TERM")

#: For a foreign command that may ignore SIGTERM.
KILLED_WITH_US = ("setpriv", "--pdeathsig", "KILL")
