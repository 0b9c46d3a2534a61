"""The grammar of the dongle's line: what is taken, what is thrown away, and that nothing is ever taken by mistake."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.handset.events import HeardEvent, LinkEvent, RingEvent, event_of
from harness.handset.protocol import (
    DamagedLine,
    Final,
    Information,
    LineBuffer,
    Unsolicited,
    crc16,
    fields,
    parse,
    quote,
    recover,
    seal,
    words,
)

QUICK = settings(max_examples=50, deadline=None)


@pytest.mark.parametrize(("data", "value"), [(b"123456789", 0x29B1), (b"ATI", 0xFD97), (b"", 0xFFFF)])
def test_the_check_sum_is_that_of_the_protocol_page(data, value):
    assert crc16(data) == value


def test_a_command_goes_out_sealed():
    assert seal("ATI") == b"ATI*FD97\r\n"


@QUICK
@given(st.text(max_size=40))
def test_any_text_survives_quoting_in_fields_and_words(text):
    assert quote(text).isascii()
    assert fields(f"7,{quote(text)},INV") == ["7", text, "INV"]
    assert words(f"RING 1 ON {quote(text)}") == ("RING", "1", "ON", text)


@QUICK
@given(st.binary(max_size=60))
def test_no_bytes_at_all_break_the_parser(data):
    for sealed in (False, True):
        try:
            parse(data, sealed=sealed)
        except DamagedLine:
            continue
    recover(data)


@QUICK
@given(st.integers(0, 20), st.integers(1, 255))
def test_a_sealed_line_with_one_wrong_byte_is_damaged(position, flip):
    line = bytearray(seal('!1200 RING 1 ON "Ringer1"')[:-2])
    line[position] ^= flip
    with pytest.raises(DamagedLine):
        parse(bytes(line), sealed=True)


@QUICK
@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda d: not set(d) & {10, 13}), max_size=6), st.data())
def test_lines_come_whole_however_the_bytes_arrive(lines, data):
    stream, buffer, got = b"".join(line + b"\r\n" for line in lines), LineBuffer(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += buffer.feed(stream[:cut])
        stream = stream[cut:]
    assert got == lines


def test_a_line_without_end_is_given_up():
    buffer = LineBuffer(longest=10)
    assert buffer.feed(b"x" * 11) == [b"x" * 11]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"OK", Final()),
        (b"ERROR 3 handset off or lost", Final(3, "handset off or lost")),
        (b"+TIME: 1200", Information("+TIME: 1200")),
        (b'!1200 RING 2 ON "Ringer \\x22 1"', Unsolicited(1200, ("RING", "2", "ON", 'Ringer " 1'))),
    ],
)
def test_each_kind_of_line_is_known(raw, line):
    assert parse(raw) == line


@pytest.mark.parametrize(
    "raw",
    [b"OK*0000", b"ERROR x", b"!12", b"! RING 1 ON", b'!12 RING 1 ON "open', b"+HS: \xff", b"+DISP: \x01"],
)
def test_damaged_lines_are_not_acted_upon(raw):
    with pytest.raises(DamagedLine):
        parse(raw)


def test_compulsory_check_sums_leave_bare_lines_out():
    with pytest.raises(DamagedLine):
        parse(b"OK", sealed=True)


def test_a_line_behind_noise_is_saved_by_its_check_sum():
    assert recover(b"\xf8\x00" + seal("OK")[:-2]) == (Final(), False)
    assert recover(b"\xf8+HS: 1,0" + seal("OK")[:-2]) == (Final(), True)
    assert recover(b"xxOK") is None


def test_unsolicited_lines_become_typed_events():
    ring = event_of(Unsolicited(5, ("RING", "1", "ON", "Ringer1")), 10.0)
    assert isinstance(ring, RingEvent)
    assert ring.on
    assert ring.melody == "Ringer1"
    assert ring.at == 10.0
    heard = event_of(Unsolicited(9, ("HEARD", "2", "-10.5", "1000:-10.6", "440:-31")), 1.0)
    assert isinstance(heard, HeardEvent)
    assert heard.heard.has(440)
    assert not heard.heard.has(600)
    lost = event_of(Unsolicited(9, ("LINK", "2", "LOST")), 1.0)
    assert isinstance(lost, LinkEvent)
    assert lost.state == "LOST"


@pytest.mark.parametrize("said", [("RING",), ("RING", "x", "ON"), ("LINK", "1", "MAYBE"), ("HEARD", "1", "loud")])
def test_an_event_line_with_wrong_words_is_damaged(said):
    with pytest.raises(DamagedLine):
        event_of(Unsolicited(1, said), 0.0)
