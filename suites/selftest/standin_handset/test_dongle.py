"""The serial line: check sums, quoting, noise, and what each command answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigs.standin.dongle.lines import LONGEST, LineBuffer, LineError, crc, fields, quote, sealed, unseal


def test_the_check_sum_is_that_of_the_protocol_page():
    assert crc(b"123456789") == 0x29B1
    assert sealed("ATI") == "ATI*FD97"
    assert unseal(b"ATI*FD97") == (b"ATI", True)
    assert unseal(b"ATI*FD98") == (b"ATI", False)
    assert unseal(b"AT+KEY=1,*") == (b"AT+KEY=1,*", None)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_the_line(text):
    line = quote(text)
    assert all(0x20 <= ord(char) < 0x7F for char in line)
    assert fields(f"7,{line},x") == ["7", text, "x"]


@pytest.mark.parametrize("bad", ['"', '"a', '"a"b', 'a"b', r'"\y"', r'"\xZZ"', r'"\xFF"'])
def test_damaged_strings_are_no_fields(bad):
    with pytest.raises(LineError):
        fields(bad)


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_no_bytes_break_the_line_buffer(chunks):
    buffer = LineBuffer()
    for chunk in chunks:
        for line in buffer.feed(chunk):
            assert line is None or (0 < len(line) <= LONGEST and not set(line) & set(b"\r\n"))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT", []),
        ("ATI", ["snom DECT test dongle", "HW=2.1", "FW=1.4.0", "PROTO=1"]),
        ("AT+PIC=1", ["+PIC: NONE"]),
        ("ATZ", ["ERROR 1 syntax"]),
        ("at+hs?", ["ERROR 1 syntax"]),
        ("AT+HS", ["ERROR 1 syntax"]),
        ("AT+KEY=1,ENTER", ["ERROR 1 syntax"]),
        ("AT+KEY=", ["ERROR 1 syntax"]),
        ("AT+KEY=12,1", ["ERROR 2 no such handset"]),
        ("AT+AUDIO=1,TONE,5000,-10,100", ["ERROR 1 syntax"]),
        ("AT+RF=1,121", ["ERROR 1 syntax"]),
        ("AT+SUBS=1,64", ["ERROR 1 syntax"]),
        ("AT+HSPWR=1,MAYBE", ["ERROR 1 syntax"]),
        ("AT+FLY=1", ["ERROR 6 not supported"]),
        ("AT+" + "X" * 300, ["ERROR 1 syntax"]),
    ],
)
def test_commands_have_their_answers(play, command, answer):
    async def scene(room):
        assert await room.line.ask(command) == answer

    play(scene)


def test_questions_name_every_handset(play):
    async def scene(room):
        caps = await room.line.ask("AT+CAPS?")
        assert caps[4] == "+CAPS: 5,KEYS DISPLAY ICONS PICTURE TONE LISTEN RF POWER SUBSCRIBE BATTERY"
        assert (await room.line.ask("AT+HS?"))[0] == "+HS: 1,005C30C840,005C300908,LOCKED,-52,87,9.2.45-a"
        first = int((await room.line.ask("AT+TIME?"))[0].removeprefix("+TIME: "))
        assert int((await room.line.ask("AT+TIME?"))[0].removeprefix("+TIME: ")) >= first
        glass = await room.line.ask("AT+DISP=2")
        assert glass[0] == '+DISP: 1,"snom"'
        assert glass[1] == '+DISP: 2,"Handset 2"'
        assert glass[6] == '+DISP: 7,"CHist           Menu",INV'
        assert glass[7] == "+ICON: SIGNAL BATTERY"

    play(scene)


def test_check_sums_become_compulsory_both_ways(play):
    async def scene(room):
        room.line.send(b"ATI*0000\r\n")
        await room.line.wait("^ERROR 5 CRC$")
        room.line.send(b"AT+CRC=1\r\n")
        await room.line.wait(r"^OK\*[0-9A-F]{4}$")
        room.line.send(b"ATI\r\n")
        await room.line.wait(rf"^{sealed('ERROR 5 CRC')}$".replace("*", r"\*"))
        room.line.send(sealed("AT+SUBS=1,2").encode() + b"\r\n" + sealed("AT+KEY=1,5").encode() + b"\r\n")
        display = await room.line.wait("DISP 1")
        assert unseal(display.encode())[1]
        room.line.send(sealed("AT+CRC=0").encode() + b"\r\n")
        await room.line.wait("^OK$")
        assert room.portable.port.damaged == 2

    play(scene)


def test_noise_and_half_lines_press_no_key(play):
    async def scene(room):
        room.line.send(b"\x00\xff\xfe garbage\r\nAT+KEY=1,1\xff\r\nAT+KEY=1,")
        await room.line.wait("^ERROR 1")
        await room.line.wait("^ERROR 1")
        room.line.send(b"AT+HS?\r\n")
        await room.line.wait("^ERROR 1")
        assert (await room.rows(1))[0] == "snom"

    play(scene)


def test_a_held_key_keeps_the_dongle_busy_until_it_is_let_go(play):
    async def scene(room):
        room.line.send(b"AT+KEY=1,#,1000\r\nATI\r\n")
        await room.line.wait("^ERROR 4 busy")
        await room.line.wait("^OK")
        await room.shows(1, "Keys locked")
        await room.press(1, "1")
        assert (await room.rows(1))[0] == "snom"

    play(scene)


def test_unsolicited_lines_follow_the_mask(play):
    async def scene(room):
        await room.press(1, "1")
        assert not room.line.seen("^!")
        await room.line.ask("AT+SUBS=1,40")
        await room.press(1, "OFFHOOK")
        await room.line.wait(r"^!\d+ HOOK 1 OFF$")
        await room.line.wait(r"^!\d+ BEEP 1 KEY$")
        assert not room.line.seen("DISP|LED|RING")
        await room.line.ask("AT+SUBS=2,17")
        room.set("user_ipui", "005C30C841", 1)
        call = await room.incoming()
        await room.line.wait(r'^!\d+ RING 2 ON "Melody 1"$')
        await room.line.wait(r"^!\d+ LED 2 BACKLIGHT ON$")
        call.listener.on_ended(487, "", True, False)
        await room.line.wait(r'^!\d+ RING 2 OFF "Melody 1"$')
        await room.line.wait(r"^!\d+ LED 2 MESSAGE BLINK$")

    play(scene)


def test_the_port_can_be_closed_flooded_and_opened_again(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,63")
        type(room.line).close(room.line)
        for _ in range(400):
            room.portable.handsets[1].press("1")
            room.portable.handsets[1].press("SOFT2")
        room.line = type(room.line)(room.folder / "dongle")
        room.line.send(b"AT+TIME?\r\n")
        await room.line.wait("TIME")

    play(scene)


def test_the_process_says_ready_takes_defects_and_ends_with_its_input(tmp_path):
    rig = tmp_path / "rig.yaml"
    rig.write_text('base: {mac: "00:04:13:30:01:21"}\nhandsets: [{number: 1, ipui: "005C30C840"}]\n')
    command = [sys.executable, "-m", "rigs.standin.portable_process", "--rig", str(rig), "--run", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        assert os.path.realpath(ready["dongle"]).startswith("/dev/pts/")
        process.stdin.write(b'{"defect": "leading-zero-lost"}\n{"defect": "nonsense"}\nnoise\n')
        process.stdin.close()
        assert process.wait(5) == 0
        said = process.stderr.read().decode()
        assert "nonsense" in said
        assert said.count("order b'") == 2
    assert not (tmp_path / "dongle").exists()
