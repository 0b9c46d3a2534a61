"""The little of SDP that a server must touch: an answer out of a description, and codecs that an offer lists first."""

from __future__ import annotations

from collections.abc import Sequence

END = "\r\n"


def sections(body: bytes) -> tuple[list[str], list[list[str]]]:
    """The lines of the session, and those of each medium."""
    session: list[str] = []
    media: list[list[str]] = []
    for line in body.decode("utf-8", "surrogateescape").splitlines():
        if line.startswith("m="):
            media.append([line])
        elif line:
            (media[-1] if media else session).append(line)
    return session, media


def answered(own: bytes, offer: bytes) -> bytes:
    """A description as the answer to an offer: its media in the offer's order, with the codecs that both have."""
    session, media = sections(own)
    lines = list(session)
    for number, offered in enumerate(sections(offer)[1]):
        kind = offered[0].split(" ")[0]
        mine = media[number] if number < len(media) and media[number][0].startswith(kind) else None
        kept = _common(mine, offered) if mine else []
        lines += _only(mine, kept) if mine and kept else [_refused(offered[0])]
    return (END.join(lines) + END).encode("utf-8", "surrogateescape")


def with_codecs(body: bytes, codecs: Sequence[str]) -> bytes:
    """An offer whose first audio lists these codecs, each as `114 x-msrta/16000`, before its own."""
    session, media = sections(body)
    for medium in media:
        words = medium[0].split(" ")
        if words[0] == "m=audio":
            numbers = [codec.split(" ")[0] for codec in codecs]
            medium[0] = " ".join([*words[:3], *(n for n in numbers if n not in words[3:]), *words[3:]])
            medium += [f"a=rtpmap:{codec}" for codec in codecs if codec.split(" ")[0] not in words[3:]]
            break
    return (END.join([*session, *(line for medium in media for line in medium)]) + END).encode(
        "utf-8", "surrogateescape"
    )


def _names(medium: list[str]) -> dict[str, str]:
    """What each number of a medium stands for; a static number without a map stands for itself."""
    named = {number: number for number in medium[0].split(" ")[3:]}
    for line in medium:
        number, _, name = line.removeprefix("a=rtpmap:").partition(" ")
        if line.startswith("a=rtpmap:") and number in named and int(number) >= 96:
            named[number] = name.lower().strip().removesuffix("/1")
    return named


def _common(mine: list[str], offered: list[str]) -> list[str]:
    """The own numbers of what both have, in the order of the offer."""
    own = {name: number for number, name in reversed(_names(mine).items())}
    return [own[name] for name in _names(offered).values() if name in own]


def _only(medium: list[str], numbers: list[str]) -> list[str]:
    """The medium with these numbers alone."""
    kept = [" ".join([*medium[0].split(" ")[:3], *numbers])]
    for line in medium[1:]:
        of_one = line.startswith(("a=rtpmap:", "a=fmtp:"))
        if not of_one or line.partition(":")[2].split(" ")[0] in numbers:
            kept.append(line)
    return kept


def _refused(line: str) -> str:
    words = line.split(" ")
    return " ".join([words[0], "0", *words[2:]])
