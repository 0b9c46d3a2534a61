"""The idle screen: time from the network, do not disturb, messages, menus, volumes."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from rigs.standin.base import network_clock
from rigs.standin.handset import data, handset
from rigs.standin.sip.notify import MailboxState


@pytest.fixture
def time_server(monkeypatch):
    """Answers one SNTP question after another with 2013-09-25 08:20:30 UTC."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        monkeypatch.setattr(network_clock, "NTP_PORT", server.getsockname()[1])
        yield server


async def _serve(server, seconds):
    loop = asyncio.get_running_loop()
    while True:
        question, client = await loop.sock_recvfrom(server, 512)
        stamp = struct.pack("!II", seconds + network_clock.EPOCH, 0)
        await loop.sock_sendto(server, b"\x24\x02" + bytes(22) + question[40:48] + stamp + stamp, client)


def test_the_clock_comes_from_the_network_and_follows_the_zone(play, time_server):
    async def scene(room):
        assert (await room.rows(1))[2:4] == ["--:--", ""]
        serving = asyncio.create_task(_serve(time_server, 1380097230))
        room.set("gmt_offset", "7200")
        room.set("ntp_server", "127.0.0.1")
        room.device.network.address4 = "198.18.9.50"
        room.device.dns = type("Literal", (), {"addresses": staticmethod(_literal)})()
        room.device.network_changed()
        assert (await room.shows(1, "10:20"))[3] == "Wednesday, 25 Sep."
        serving.cancel()

    play(scene)


async def _literal(host):
    return [host]


def test_do_not_disturb_is_switched_and_shown(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        await room.press(1, "OK", "OK")
        await room.until(lambda: room.device.settings.bool("user_dnd", 1))
        await room.press(1, "ONHOOK")
        await room.shows(1, "Do not disturb")
        assert (await room.line.ask("AT+DISP=1"))[-1] == "+ICON: SIGNAL BATTERY DND"
        room.set("user_dnd", "false", 1)
        await room.until(lambda: not room.portable.handsets[1].dnd)

    play(scene)


def test_new_messages_are_told_to_the_bound_handset(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        await room.line.ask("AT+SUBS=1,16")
        room.sip.on_message_waiting(MailboxState(1, True, 2, 0))
        await room.line.wait("LED 1 MESSAGE BLINK")
        await room.shows(1, "New messages: 2")
        room.sip.on_message_waiting(MailboxState(1, False))
        await room.line.wait("LED 1 MESSAGE OFF")

    play(scene)


def test_the_ringer_is_turned_down_to_silence_and_stays_so(play):
    async def scene(room):
        await room.press(1, *["VOLDOWN"] * 5)
        await room.shows(1, "Ringer off")
        await room.incoming()
        await room.shows(1, "Incoming call")
        await room.until(lambda: room.ringing() == [2, 3, 4, 5])
        await room.press(1, "VOLUP")
        await room.until(lambda: room.ringing() == [1, 2, 3, 4, 5])
        assert room.portable.handsets[1].memory.values["ringer"] == 1

    play(scene)


def test_a_number_dialled_off_hook_is_complete_after_a_pause(play, monkeypatch):
    figures = {"next_digit_s": 0.05}
    monkeypatch.setattr(handset, "constant", lambda name: figures.get(name) or data.constant(name))

    async def scene(room):
        await room.press(1, "OFFHOOK", "7", "8", "SOFT2", "9")
        await room.until(lambda: room.sip.invited)
        assert room.sip.invited[0][1] == "79"

    play(scene)


def test_lists_open_show_delete_and_leave(play):
    async def scene(room):
        for number in ("200", "201"):
            call = await room.incoming(number=number)
            await room.until(lambda: len(room.ringing()) == 5)
            call.listener.on_ended(487, "", True, False)
            await room.until(lambda: not room.ringing())
        await room.press(1, "SOFT1")
        assert (await room.rows(1))[1] == "Missed calls (2)"
        await room.press(1, "OK", "DOWN", "OK")
        assert (await room.rows(1))[:2] == ["Details", "200"]
        await room.press(1, "SOFT1")
        assert (await room.rows(1))[:3] == ["Missed calls", "201", ""]
        await room.press(1, "SOFT2", "SOFT2")
        assert (await room.rows(1))[0] == "snom"

    play(scene)


def test_a_big_file_of_settings_is_told_to_each_handset_once(play):
    """Told at each setting it would choke the air: nine handsets, hundreds of settings."""

    async def scene(room):
        sent, antenna = [], room.device.air._antenna
        healthy = antenna.send
        antenna.send = lambda packet: (sent.append(packet), healthy(packet))
        with room.device.settings.batch() as batch:
            for name in ("user_realname", "user_host", "user_mailbox", "user_ipui", "rss_name1", "action_hold"):
                for identity in range(1, 10):
                    batch.set(name, f"x{identity}", identity, who="provisioning")
        room.set("user_dnd", "true", 1)
        await room.until(lambda: any(b'"Info"' in packet for packet in sent))
        await asyncio.sleep(0)
        told = [packet for packet in sent if b'"Info"' in packet]
        assert len(told) == len(room.device.air.located())

    play(scene)
