"""The stand-in's LDAP client: filters, notations of numbers, and servers that are slow, rude or away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rigs.standin.directory import client, filters, numbers
from rigs.standin.directory.ber import Malformed, element, integer, octets, size_of
from rigs.standin.directory.client import DirectoryFailed, Query

QUERY = Query("ou=people", ["cn"], 3, 5)
Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    ("template", "value", "ending", "text"),
    [
        ("(cn=%)", "Ada", "", "(cn=Ada)"),
        ("(cn=%)", "Ada", "*", "(cn=Ada*)"),
        ("(|(sn=%)(cn=%))", "*", "*", r"(|(sn=\2a*)(cn=\2a*))"),
        ("(cn=%)", "*)(uid=*", "", r"(cn=\2a\29\28uid=\2a)"),
    ],
)
def test_a_value_takes_the_place_of_the_percent_sign(template, value, ending, text):
    assert filters.filled(template, value, ending) == text
    assert filters.encoded(text)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        (r"(cn=\2a)", element(0xA3, octets("cn"), octets("*"))),
        ("(cn=*)", octets("cn", 0x87)),
        ("(cn>=b)", element(0xA5, octets("cn"), octets("b"))),
        ("(!(cn=b))", element(0xA2, element(0xA3, octets("cn"), octets("b")))),
        (
            "(cn=a*b*c)",
            element(0xA4, octets("cn"), element(0x30, octets("a", 128), octets("b", 129), octets("c", 130))),
        ),
        ("( & (a=1) )", element(0xA0, element(0xA3, octets("a"), octets("1")))),
    ],
)
def test_filters_become_octets(text, encoded):
    assert filters.encoded(text) == encoded


@pytest.mark.parametrize(
    "text", ["", "cn=a", "(cn=a", "(cn=a))", "[(sn=%)(cn=%)]", "(&)", "(!(a=1)(b=2))", r"(cn=\2)", "(" * 40]
)
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(filters.NotAFilter):
        filters.encoded(text)


@pytest.mark.parametrize(
    ("number", "country", "area", "forms"),
    [
        ("5500001", "49", "30", ["5500001", "+49305500001", "0305500001"]),
        ("0305500001", "49", "30", ["0305500001", "+49305500001", "5500001"]),
        ("+49305500001", "49", "30", ["+49305500001", "0305500001", "5500001"]),
        ("0049895500001", "49", "30", ["0049895500001", "+49895500001", "0895500001"]),
        ("+441234", "49", "30", ["+441234"]),
        ("5500001", "49", "", ["5500001"]),
        ("5551234", "1", "978", ["5551234", "+19785551234", "9785551234"]),
        ("*)(cn=*", "49", "30", ["*)(cn=*"]),
        ("anna", "49", "30", ["anna"]),
    ],
)
def test_notations_of_a_number(number, country, area, forms):
    assert numbers.forms(number, country, area) == forms


def test_codes_and_dialled_numbers():
    assert [numbers.code(text) for text in ("+49", "0049", "030", "30", "")] == ["49", "49", "30", "30", ""]
    assert numbers.dialled("+49 (30) 55-00.001") == "+493055000 01".replace(" ", "")


@pytest.mark.parametrize("octets_", [b"\x31\x00", b"\x30\x84\x7f\xff\xff\xff", b"\x30\x80", b"\x30\x85" + bytes(8)])
def test_what_begins_no_message_is_refused(octets_):
    with pytest.raises(Malformed):
        size_of(octets_)


# servers


def of_server(serve: Served, ask: Callable[[int], Awaitable[object]]) -> object:
    """What comes of asking a server at a port."""

    async def scene() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1")
        async with server:
            async with asyncio.timeout(5):
                return await ask(server.sockets[0].getsockname()[1])

    return asyncio.run(scene())


def answering(*answers: bytes) -> Served:
    """A server that gives one answer, or several at once, to each request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(4096)
            writer.write(answer)
        await reader.read(4096)
        writer.close()

    return serve


async def bound_and_searched(port: int) -> list[client.Entry]:
    connection = await client.connect("127.0.0.1", port)
    try:
        assert await connection.bind("cn=phone", "x") == client.SUCCESS
        return await connection.search(QUERY, "(cn=Ada)")
    finally:
        connection.close()


def message(number: int, operation: bytes) -> bytes:
    return element(0x30, integer(number), operation)


def result(number: int, code: int, tag: int = client.SEARCH_RESULT) -> bytes:
    return message(number, element(tag, integer(code, 0x0A), octets(""), octets("")))


def hit(number: int, **values: str) -> bytes:
    told = [element(0x30, octets(kind), element(0x31, octets(value))) for kind, value in values.items()]
    return message(number, element(client.ENTRY, octets("uid=1"), element(0x30, *told)))


BOUND = result(1, 0, client.BIND_RESULT)


def test_entries_that_came_before_a_limit_count_and_strange_messages_do_not():
    reference = message(2, element(0x73, octets("ldap://elsewhere/")))
    found = of_server(
        answering(BOUND, hit(2, cn="Ada Groß") + hit(7, cn="old") + reference + result(2, 4)), bound_and_searched
    )
    assert [entry.first("CN") for entry in found] == ["Ada Groß"]


def test_an_answer_may_come_octet_by_octet():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (BOUND, hit(2, cn="x" * 300) + result(2, 0)):
            await reader.read(4096)
            for octet in answer:
                writer.write(bytes([octet]))
                await writer.drain()
        await reader.read(4096)
        writer.close()

    found = of_server(serve, bound_and_searched)
    assert [len(entry.first("cn")) for entry in found] == [300]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", DirectoryFailed),
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", Malformed),
        (message(2, element(client.ENTRY, b"\x04\x09abc")), Malformed),
        (element(0x30, integer(2)), Malformed),
    ],
)
def test_a_rude_server_is_an_error_that_the_caller_knows(answer, error):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(BOUND)
        await reader.read(4096)
        writer.write(answer)
        writer.close()

    with pytest.raises(error):
        of_server(serve, bound_and_searched)
