"""The process of a worker: it has the socket that it inherited, and ends with its parent."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from harness.softphone.channel import Channel, ChannelClosed
from harness.softphone.parent_death import die_with_parent


class Closes(Protocol):
    """A softphone that can be closed."""

    def close(self) -> None:
        """End its calls."""


def run(serve: Callable[[Channel], None], doc: str | None) -> int:
    """Entry of the process."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--fd", type=int, required=True, help="the inherited socket")
    arguments = parser.parse_args()
    die_with_parent()
    serve(Channel(socket.socket(fileno=arguments.fd)))
    return 0


@contextmanager
def until_the_harness_leaves(phone: Closes) -> Iterator[None]:
    """The end of the connection is the end of the phone."""
    try:
        yield
    except ChannelClosed as closed:
        sys.stderr.write(f"the harness is gone: {closed}\n")
    finally:
        phone.close()
