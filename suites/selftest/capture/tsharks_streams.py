"""tshark's own list of the media of a file: to compare with our own."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


def listed_streams(path: Path) -> list[tuple[str, int, str, int, int, int]]:
    """tshark's own list of RTP streams: both ends, SSRC and packets."""
    done = subprocess.run(
        ["tshark", "-r", str(path), "-n", "-q", "--enable-heuristic", "rtp_udp", "-z", "rtp,streams"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = []
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) > 8 and words[6].startswith("0x"):
            found.append((words[2], int(words[3]), words[4], int(words[5]), int(words[6], 16), _packets(words)))
    return found


def _packets(words: Sequence[str]) -> int:
    """The packet count of a line; payload names may be several words, the loss follows as `0 (0.0%)`."""
    lost = next(index for index, word in enumerate(words) if word.startswith("("))
    return int(words[lost - 2])
