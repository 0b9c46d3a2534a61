"""Subscriptions, range and power: how handsets come to their base and lose it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from rigs.standin.air import protocol as air
from rigs.standin.air.antenna import Antenna
from rigs.standin.air.identities import rfpi_of
from rigs.standin.air.limits import limits
from rigs.standin.air.radio import Radio
from rigs.standin.base.device import Device
from rigs.standin.core.quirks import Quirks
from rigs.standin.handset.lists import CallLists, Entry
from rigs.standin.handset.memory import Memory


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    figures = {**limits(), "beacon_lost_s": 0.5, "supervision_s": 0.8, "page_s": 0.4, "search_s": 0.6}
    for module in ("portable_part", "strategies", "subscriptions"):
        monkeypatch.setattr(f"rigs.standin.air.{module}.limits", lambda: figures)
    monkeypatch.setattr("rigs.standin.call.alerting.limits", lambda: figures)


async def state(room, handset):
    return (await room.line.ask("AT+HS?"))[handset - 1].split(",")[3]


def test_a_forgotten_handset_registers_with_the_pin_only(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=2,4")
        assert await room.line.ask("AT+DEREG=2") == []
        await room.line.wait("LINK 2 LOST")
        assert await state(room, 2) == "UNREGISTERED"
        await room.shows(2, "Not registered")
        await room.until(lambda: len(room.device.air.handsets()) == 4)
        await room.line.ask('AT+REG=2,"9999"')
        await room.shows(2, "Wrong PIN")
        assert await state(room, 2) == "UNREGISTERED"
        await room.line.ask('AT+REG=2,"0000"')
        await room.line.wait("LINK 2 LOCKED")
        await room.shows(2, "Registered")
        assert len(room.device.air.handsets()) == 5

    play(scene)


def test_outside_the_window_nobody_registers_until_it_is_opened_again(play):
    async def scene(room):
        await room.line.ask("AT+DEREG=1")
        room.device.air.close_registration()
        await room.press(1, "SOFT2", *"0000", "OK")
        await room.shows(1, "Searching")
        assert await room.line.ask('AT+REG=1,"0000"') == ["ERROR 4 busy"]
        await room.shows(1, "No base found")
        room.device.air.open_registration()
        assert room.device.air.registration_seconds_left == pytest.approx(600, abs=5)
        await room.line.ask('AT+REG=1,"0000"')
        await room.shows(1, "Registered")

    play(scene)


def test_wrong_pins_are_paced(play):
    async def scene(room):
        await room.line.ask("AT+DEREG=1")
        for pin in ("0001", "0002", "0003"):
            await room.line.ask(f'AT+REG=1,"{pin}"')
            await room.shows(1, "Wrong PIN")
            await room.press(1, "ONHOOK")
        await room.line.ask('AT+REG=1,"0000"')
        await room.shows(1, "Try later")

    play(scene)


def test_a_power_cut_of_the_base_loses_the_link_and_no_bond(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,4")
        room.power_off()
        await room.line.wait("LINK 1 LOST")
        await room.shows(1, "No base")
        await room.press(1, "7", "OFFHOOK")
        await room.shows(1, "No base")
        await room.power_on()
        await room.line.wait("LINK 1 LOCKED")

    play(scene)


def test_a_base_that_restarts_within_a_beat_is_noticed(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,4")
        await room.talking()
        room.power_off()
        await room.power_on()
        await room.line.wait("LINK 1 LOST")
        await room.line.wait("LINK 1 LOCKED")
        await room.shows(1, "Connection lost")

    play(scene)


def test_a_call_out_of_range_is_dropped_on_both_sides_and_the_handset_comes_back(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,4")
        call = await room.talking()
        await room.line.ask("AT+RF=1,60")
        assert (await room.line.ask("AT+HS?"))[0].split(",")[4] == "-112"
        await room.line.wait("LINK 1 LOST")
        await room.shows(1, "Connection lost")
        await room.until(lambda: call.done == ["hangup"])
        incoming = await room.incoming()
        await room.until(lambda: room.ringing() == [2, 3, 4, 5])
        incoming.listener.on_ended(487, "", True, False)
        await room.line.ask("AT+RF=1,0")
        await room.line.wait("LINK 1 LOCKED")

    play(scene)


def test_a_call_for_a_handset_out_of_reach_is_answered_480(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        await room.line.ask("AT+RF=1,60")
        call = await room.incoming()
        await room.until(lambda: call.done == [(480, "Temporarily Unavailable")])

    play(scene)


@pytest.mark.slow
def test_power_keys_and_batteries(play):
    async def scene(room):
        await room.line.ask("AT+KEY=1,POWER,1000")
        assert await room.line.ask("AT+KEY=1,1") == ["ERROR 3 handset off or lost"]
        assert await room.line.ask("AT+DISP=1") == ["ERROR 3 handset off or lost"]
        assert await state(room, 1) == "LOST"
        await room.until(lambda: room.device.air.handsets()[0].state == "not located")
        await room.line.ask("AT+KEY=1,POWER")
        await room.until(lambda: room.device.air.handsets()[0].state == "located")
        await room.line.ask("AT+HSPWR=1,OFF")
        await room.line.ask("AT+HSPWR=1,ON")
        await room.until(lambda: room.portable.handsets[1].part.state.value == "LOCKED")

    play(scene)


def test_the_web_pages_find_ring_and_forget_handsets(play):
    async def scene(room):
        radio = room.device.air
        first = radio.handsets()[0]
        assert (first.number, first.ipui, first.state) == (1, "005C30C840", "located")
        radio.locate_handsets()
        await room.until(lambda: len(room.ringing()) == 5)
        await room.press(1, "OK")
        await room.until(lambda: room.ringing() == [2, 3, 4, 5])
        assert radio.forget("005C30C844")
        assert not radio.forget("005C30C844")
        await room.shows(5, "Not registered")

    play(scene)


def test_a_handset_stays_with_its_base_and_can_move_to_a_neighbour(play):
    async def scene(room):
        neighbour = Device(mac="00:04:13:30:1A:87", folder=room.folder, strategies=room.strategies, quirks=Quirks())
        neighbour.ended = asyncio.get_running_loop().create_future()
        neighbour.flash.folder = room.folder / "neighbour"
        neighbour.flash.folder.mkdir()
        other = Radio(neighbour)
        neighbour.settings.set("base_pin", "1111", who="base")
        await other.start()
        room.device.air.close_registration()
        await room.line.ask('AT+REG=1,"1111"')
        await room.shows(1, "Registered")
        await room.until(lambda: other.located() == ["005C30C840"])
        states = await room.line.ask("AT+HS?")
        assert [line.split(",")[2] for line in states[:2]] == [other.rfpi, room.device.air.rfpi]
        for task in tuple(neighbour.tasks):
            task.cancel()
        other._antenna.disconnect()
        await room.until(lambda: room.portable.handsets[1].part.rfpi == room.device.air.rfpi)

    play(scene)


def test_an_rfpi_is_ten_digits_of_the_mac_and_every_message_survives_its_packet():
    assert rfpi_of("00:04:13:30:01:21") == "005C300908"
    assert rfpi_of("00:04:13:30:01:22") != rfpi_of("00:04:13:30:01:21")
    for kind in air.Message.kinds.values():
        assert air.decode(air.encode(kind(ipui="005C30C840"))) == kind(ipui="005C30C840")


@pytest.mark.parametrize(
    "packet",
    [b"", b"X", b"J", b"J[]", b"J{}", b'J{"m":"Nothing"}', b'J{"m":"Beacon","spam":1}', b"V", b"V\x07" + b"x" * 80],
)
def test_what_is_garbled_on_the_air_is_no_message(packet):
    with pytest.raises(air.AirError):
        air.decode(packet)


def test_a_memory_outlives_its_handset_and_a_torn_one_is_a_new_handset(tmp_path):
    path = tmp_path / "handset-1.json"
    CallLists(Memory(path)).add("missed", Entry("7"))
    assert CallLists(Memory(path)).entries("missed") == [Entry("7")]
    path.write_text(path.read_text()[:-9])
    assert CallLists(Memory(path)).entries("missed") == []


def test_messages_wait_while_the_air_is_choked_and_voice_is_lost(tmp_path):
    async def work():
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(tmp_path / "air.sock"))
            listener.listen()
            trouble = []
            antenna = Antenna(tmp_path / "air.sock", lambda message: None, trouble.append)
            antenna.connect()
            with listener.accept()[0] as far:
                far.settimeout(3)
                for number in range(400):
                    antenna.send(b"J%d" % number)
                antenna.send(b"V" + bytes(81))
                assert trouble == ["Air congested, packet dropped"]
                loop = asyncio.get_running_loop()
                far.setblocking(False)
                got = [await loop.sock_recv(far, 100) for _ in range(400)]
                assert got == [b"J%d" % number for number in range(400)]
            antenna.disconnect()

    asyncio.run(work())
