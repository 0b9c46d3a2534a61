"""Words before a command that the kernel ends when this process dies, however it dies: setpriv(1).

What counts is the life of the thread that started the command, and setpriv must come after whatever changes the user.
"""

from __future__ import annotations

#: Ended as if asked: it gives back what it holds.
DYING_WITH_US = ("setpriv", "--pdeathsig", "TERM")

#: For a command that is none of ours and may be deaf to a request.
KILLED_WITH_US = ("setpriv", "--pdeathsig", "KILL")
