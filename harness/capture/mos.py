"""Estimates the quality of a stream for a listener by the E-model (ITU-T G.107), from loss, jitter and codec."""

from __future__ import annotations

from harness.capture.rtp import RtpStream

# Equipment impairment Ie and loss robustness Bpl (ITU-T G.113 appendix I); G.722 is taken as free of impairment.
_CODECS = {"PCMA": (0.0, 25.1), "PCMU": (0.0, 25.1), "G722": (0.0, 25.1), "G726-32": (7.0, 25.1), "G729": (11.0, 19.0)}
_DEFAULT = (7.0, 10.0)
# Without an echo path and with the default values of G.107 the rating begins here.
_BEST = 93.2
# The delay of the network and the handset's codec, which cannot be measured here.
_FIXED_DELAY_MS = 30.0


def rating(stream: RtpStream, codec: str) -> float:
    """The transmission rating R, 0 to 93.2."""
    impairment, robustness = _CODECS.get(codec, _DEFAULT)
    loss = 100 * stream.loss
    impairment += (95 - impairment) * loss / (loss + robustness)
    delay = _FIXED_DELAY_MS + stream.ptime_ms + 2 * stream.jitter_ms
    delay_impairment = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    return max(0.0, _BEST - impairment - delay_impairment)


def mos(stream: RtpStream, codec: str) -> float:
    """The mean opinion score, 1 to 4.5."""
    r = rating(stream, codec)
    return min(4.5, max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6))
