"""The table of RTP streams with their quality, and their audio as WAV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.capture import audio
from harness.capture.messages import clock_text, endpoint
from harness.capture.mos import mos
from harness.capture.rtp import RtpStream
from harness.evidence.attach import Attachment

# A shorter stream is too short to be heard and is not attached.
SHORTEST_AUDIO = 0.1
_HEAD = ("stream", "codec", "begins", "seconds", "packets", "lost", "jitter ms", "ptime ms", "MOS (est.)", "digits")


def stream_table(streams: Sequence[RtpStream], names: Mapping[str, str]) -> str:
    """The streams as a table; the MOS is the E-model's estimate."""
    rows = [_HEAD, *(_row(stream, names) for stream in streams)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    events = [f"    {event}" for stream in streams for event in stream.dtmf]
    return "\n".join([*lines, *(["", "telephone events", *events] if events else [])]) + "\n"


def recordings(streams: Iterable[RtpStream], names: Mapping[str, str]) -> list[Attachment]:
    """The audio of each stream as WAV, with its strongest tone in the name."""
    found = []
    for stream in streams:
        sound = audio.decode(stream)
        if sound is None or sound.seconds < SHORTEST_AUDIO:
            continue
        ends = f"{names.get(stream.src, stream.src)} to {names.get(stream.dst, stream.dst)}"
        found.append(Attachment(f"audio {ends} {stream.ssrc:08x}", sound.wav(), "audio/wav"))
    return found


def _row(stream: RtpStream, names: Mapping[str, str]) -> tuple[str, ...]:
    known = audio.codec_names(stream)
    codecs = [known.get(kind, str(kind)) for kind in stream.audio_types]
    source = names.get(stream.src, "") or endpoint(stream.src, stream.sport)
    target = names.get(stream.dst, "") or endpoint(stream.dst, stream.dport)
    return (
        f"{source} → {target} {stream.ssrc:08x}",
        "/".join(codecs) or "events",
        clock_text(stream.first_at),
        f"{stream.duration:.2f}",
        str(stream.packets),
        f"{stream.lost} ({stream.loss:.1%})",
        f"{stream.jitter_ms:.1f}",
        f"{stream.ptime_ms:g}",
        f"{mos(stream, codecs[0] if codecs else ''):.1f}",
        stream.digits,
    )
