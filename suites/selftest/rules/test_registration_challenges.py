"""Challenges and credentials on paper: answered, with what the server said, counted, and not sent in vain."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.rules.digest import response_for
from harness.rules.findings import Result
from harness.rules.judge import judge
from harness.rules.passwords import Passwords
from suites.selftest.rules.registrations import CHALLENGE, REALM, SECRET, SERVER, Room

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
ASKED = f"WWW-Authenticate: {CHALLENGE}"
STALE = f'WWW-Authenticate: Digest realm="{REALM}", nonce="n2", stale=true'
PROTECTED = f'{ASKED}, qop="auth,auth-int"'


def challenged(said: str = ASKED, status: int = 401) -> Room:
    """A base whose REGISTER was challenged."""
    room = Room(passwords=Passwords({"41": [SECRET]}))
    room.asks()
    room.says(status, said)
    return room


def counted(number: int, **more: str) -> dict[str, str]:
    """The parameters that go with a protected nonce."""
    return {"qop": "auth", "nc": f"{number:08x}", "cnonce": "0a4f113b", **more}


# the answer to a challenge


def signed(room: Room) -> None:
    room.signed()


def unsigned(room: Room) -> None:
    room.asks()


def under_an_old_nonce(room: Room) -> None:
    room.signed(nonce="n0")


def by_another_scheme(room: Room) -> None:
    room.asks("Authorization: Basic QWxhZGRpbg==")


def much_later(room: Room) -> None:
    room.passes(30).signed()


def never(room: Room) -> None:
    room.passes(30)


def not_yet(room: Room) -> None:
    room.passes(1)


def switched_off(room: Room) -> None:
    room.setting("user_active", "off")
    room.passes(30)


ANSWERS: list[tuple[Callable[[Room], None], Result]] = [
    (signed, HELD), (unsigned, BROKEN), (under_an_old_nonce, BROKEN), (by_another_scheme, BROKEN), (much_later, BROKEN),
    (never, BROKEN), (not_yet, IDLE), (switched_off, IDLE),
]  # fmt: skip


@pytest.mark.parametrize(("happens", "said"), ANSWERS)
def test_a_challenge_is_answered(happens: Callable[[Room], None], said: Result) -> None:
    room = challenged()
    happens(room)
    assert room.says_of("REG-2").result is said


def test_a_challenge_that_no_md5_answers_is_no_occasion_and_one_beside_it_is() -> None:
    unknown = f'WWW-Authenticate: Digest realm="{REALM}", nonce="x", algorithm=M9-UNKNOWN'
    room = challenged(unknown)
    assert room.passes(30).says_of("REG-2").result is IDLE
    room = challenged(f"{unknown}\r\n{ASKED}")
    room.signed()
    assert room.says_of("REG-2").result is HELD
    room = challenged(f"{unknown}\r\n{ASKED}")
    room.signed(nonce="x", parameters={"algorithm": "M9-UNKNOWN"})
    assert room.says_of("REG-2").result is BROKEN


@pytest.mark.parametrize(("both", "said"), [(True, HELD), (False, BROKEN)])
def test_two_realms_that_ask_get_credentials_each(both: bool, said: Result) -> None:
    room = challenged(f'{ASKED}\r\nProxy-Authenticate: Digest realm="proxy", nonce="p1"', 407)
    second = 'Proxy-Authorization: Digest username="41", realm="proxy", nonce="p1"'
    room.signed(*([second] if both else []))
    found = room.says_of("REG-2")
    assert found.result is said
    assert both or "every realm" in found.broken[0].claim


@pytest.mark.parametrize(("nonce", "said"), [("n2", HELD), ("n1", BROKEN), ("", BROKEN)])
def test_a_stale_nonce_means_one_more_try_with_the_new_one(nonce: str, said: Result) -> None:
    room = challenged()
    room.signed()
    room.says(401, STALE)
    if nonce:
        room.signed(nonce=nonce)
    judgement = room.passes(30).says_of("REG-2")
    assert judgement.result is said
    if said is BROKEN:
        assert "stale" in judgement.broken[0].claim or "new nonce" in judgement.broken[0].claim


def test_a_server_that_calls_every_nonce_stale_is_not_asked_for_ever() -> None:
    room = challenged()
    for number in range(4):
        room.signed(nonce=f"n{number or 1}")
        room.says(401, STALE.replace("n2", f"n{number + 1}"))
    assert room.passes(30).says_of("REG-2").broken == ()


def test_a_hole_behind_a_challenge_leaves_it_open() -> None:
    room = challenged()
    room.gaps.append((room.now, room.now + 1))
    much_later(room)
    assert room.says_of("REG-2").result is UNSAID


def test_a_caller_that_hung_up_owes_no_answer() -> None:
    room = Room(known=False)
    room.asks("CSeq: 11 INVITE", first=f"INVITE sip:301@{SERVER} SIP/2.0")
    room.says(407, f"Proxy-Authenticate: {CHALLENGE}")
    assert room.passes(30).says_of("REG-2").result is IDLE


# a password that is refused


@pytest.mark.parametrize(("pause", "said"), [(0.5, BROKEN), (60.0, HELD)])
def test_credentials_that_were_refused_are_not_sent_again_at_once(pause: float, said: Result) -> None:
    room = challenged()
    room.signed()
    room.says(401, ASKED.replace("n1", "n2"))
    room.passes(pause)
    room.asks()
    assert room.says_of("REG-REFUSED-PASSWORD").result is said


def test_an_old_nonce_or_a_saved_page_is_no_refused_password() -> None:
    room = challenged()
    room.signed(nonce="n0")
    room.says(401, ASKED)
    room.signed()
    assert room.says_of("REG-REFUSED-PASSWORD").result is IDLE
    room = challenged()
    room.signed()
    room.says(401, ASKED.replace("n1", "n2"))
    room.setting("user_pass", "")
    room.asks()
    assert room.says_of("REG-REFUSED-PASSWORD").broken == ()


# what credentials say


WRONG: list[tuple[str, dict[str, str], str]] = [
    (ASKED, {"realm": "another"}, "realm of the credentials"),
    (f'{ASKED}, opaque="o"', {}, "opaque of the credentials"),
    (ASKED, {"opaque": "o"}, "opaque of the credentials"),
    (ASKED, {"uri": "sip:elsewhere"}, "uri of the credentials"),
    (ASKED, {"algorithm": "SHA-256"}, "the algorithm is the one asked for"),
    (f"{ASKED}, algorithm=SHA-256", {}, "the algorithm is the one asked for"),
    (PROTECTED, {}, "the credentials are complete"),
    (PROTECTED, counted(1, qop="auth-conf"), "the quality of protection"),
]


@pytest.mark.parametrize(("said", "parameters", "claim"), WRONG)
def test_credentials_that_do_not_fit_their_challenge_are_named(
    said: str, parameters: dict[str, str], claim: str
) -> None:
    room = challenged(said)
    room.signed(parameters=parameters)
    assert claim in "\n".join(finding.claim for finding in room.says_of("SIP-DIGEST").broken)


RIGHT: list[tuple[str, dict[str, str]]] = [
    (ASKED, {}),
    (ASKED, {"algorithm": "MD5"}),
    (f'{ASKED}, opaque="o"', {"opaque": "o"}),
    (f"{ASKED}, algorithm=SHA-256", {"algorithm": "SHA-256"}),
    (f"{ASKED}, algorithm=MD5-sess", {"algorithm": "MD5-sess", "cnonce": "0a4f113b"}),
    (PROTECTED, counted(1)),
    (PROTECTED, counted(1, qop="auth-int")),
]


@pytest.mark.parametrize(("said", "parameters"), RIGHT)
def test_credentials_that_fit_hold_with_the_right_response_and_not_with_another(
    said: str, parameters: dict[str, str]
) -> None:
    room = challenged(said)
    room.signed(parameters=parameters)
    assert room.says_of("SIP-DIGEST").result is HELD
    assert room.says_of("SIP-DIGEST-RESPONSE").result is HELD
    room = challenged(said)
    room.signed(parameters=parameters, secret="wrong")
    assert room.says_of("SIP-DIGEST-RESPONSE").result is BROKEN


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        ('realm="m9.example"', "realm=m9.example", "realm stands in quotes"),
        ("qop=auth", 'qop="auth"', "qop stands without quotes"),
        ("nc=00000001", 'nc="00000001"', "nc stands without quotes"),
    ],
)
def test_quotes_stand_where_the_grammar_has_them(old: str, new: str, claim: str) -> None:
    room = challenged(PROTECTED)
    line = next(value for name, value in room.signed(parameters=counted(1)).headers if name == "Authorization")
    room.sip.pop()
    room.asks(f"Authorization: {line.replace(old, new)}")
    assert claim in "\n".join(finding.claim for finding in room.says_of("SIP-DIGEST").broken)


def test_a_nonce_that_was_never_given_is_named_where_a_challenge_stands_before_it() -> None:
    room = challenged()
    room.signed(nonce="n0")
    assert "a nonce that the server gave" in room.says_of("SIP-DIGEST").broken[0].claim
    room = Room()
    room.signed(nonce="n0")  # the trace may begin behind its challenge
    assert room.says_of("SIP-DIGEST").result is HELD


def test_without_the_password_nothing_is_said_of_each_response() -> None:
    room = Room().binds()
    room.signed()
    found = room.says_of("SIP-DIGEST-RESPONSE")
    assert (found.result, len(found.unsaid)) == (UNSAID, 2)


def test_no_text_shows_a_password() -> None:
    room = challenged()
    room.signed(secret="wrong")
    room.setting("user_pass", "")
    room.signed(secret="wrong too")
    evidence = room.evidence()
    texts = [str(judge(evidence, "asterisk")), repr(evidence.passwords), str(vars(evidence)["passwords"])]
    assert SECRET not in "".join(texts)
    assert room.says_of("SIP-DIGEST-RESPONSE").unsaid


def test_the_digest_of_rfc_2617_and_of_rfc_8760_is_computed() -> None:
    mufasa = {"username": "Mufasa", "realm": "testrealm@host.com", "uri": "/dir/index.html", "qop": "auth",
              "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "nc": "00000001", "cnonce": "0a4f113b"}  # fmt: skip
    assert response_for(mufasa, "GET", "Circle Of Life") == "6629fae49393a05397450978507c4ef1"
    sha = {"username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html", "algorithm": "SHA-256",
           "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001", "qop": "auth",
           "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}  # fmt: skip
    wanted = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert response_for(sha, "GET", "Circle of Life") == wanted
    assert response_for(sha | {"algorithm": "X"}, "GET", "Circle of Life") is None


@pytest.mark.parametrize(("login", "said"), [("door-4711", HELD), ("41", BROKEN)])
def test_the_authentication_name_is_the_login(login: str, said: Result) -> None:
    room = Room()
    room.setting("user_authname", "door-4711")
    room.signed(parameters={"username": login})
    found = room.says_of("REG-3")
    assert bool(found.broken) is (said is BROKEN)
    if said is BROKEN:
        assert "login" in found.broken[0].claim


# the count of a nonce's uses


def uses(*counts: str) -> Room:
    """A protected nonce with these counts, one after the other."""
    room = challenged(PROTECTED)
    for count in counts:
        room.signed(parameters=counted(1, nc=count))
        room.grants(60)
        room.passes(30)
    return room


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (("00000001", "00000002"), HELD), (("00000001", "00000001"), BROKEN), (("00000002",), BROKEN),
        (("1", "2"), BROKEN), (tuple(f"{n:08x}" for n in range(1, 13)), HELD),
        (tuple(f"{n:08d}" for n in range(1, 13)), BROKEN), (("xx",), BROKEN),
    ],
)  # fmt: skip
def test_the_uses_of_a_nonce_are_counted_in_hexadecimal(counts: tuple[str, ...], said: Result) -> None:
    assert uses(*counts).says_of("SIP-NONCE-COUNT").result is said


def test_a_new_nonce_is_counted_from_one_and_a_repeated_request_is_one_use() -> None:
    room = uses("00000001")
    room.signed(parameters=counted(2), again=False)
    room.signed(parameters=counted(2), again=True)
    room.says(401, PROTECTED.replace("n1", "n2") + ", stale=true")
    room.signed(nonce="n2", parameters=counted(1))
    assert room.says_of("SIP-NONCE-COUNT").result is HELD
    assert room.says_of("SIP-NONCE-COUNT").held == 3


def test_a_count_is_not_judged_where_requests_may_be_missing() -> None:
    room = uses("00000001", "00000003")
    room.gaps.append((1005.0, 1020.0))
    assert room.says_of("SIP-NONCE-COUNT").unsaid
    room = Room()
    room.signed(parameters=counted(7))
    assert room.says_of("SIP-NONCE-COUNT").result is UNSAID


@pytest.mark.parametrize(("signs", "said"), [(True, HELD), (False, BROKEN)])
def test_a_refresh_is_signed_for_the_known_challenge(signs: bool, said: Result) -> None:
    room = Room().binds(60).passes(30)
    room.signed() if signs else room.asks()
    assert room.says_of("SIP-CREDENTIALS-KEPT").result is said


# chan_pjsip makes its nonce from the time: accounts that ask in one second get the same, each with its own `opaque`


def test_a_nonce_that_two_accounts_were_given_is_counted_for_each_and_has_the_opaque_of_each() -> None:
    room = Room(passwords=Passwords({"41": [SECRET], "42": [SECRET]}))
    asked = {}
    for user in ("41", "42"):
        room.user, room.call_id = user, f"of-{user}"
        asked[user] = room.asks()
    for user in ("41", "42"):
        room.says(401, f'{PROTECTED}, opaque="for-{user}"', to=asked[user])
    for user in ("41", "42"):
        room.user, room.call_id = user, f"of-{user}"
        room.signed(parameters=counted(1, opaque=f"for-{user}"))
        room.grants(60)
    assert room.says_of("SIP-DIGEST").result is HELD
    assert room.says_of("SIP-NONCE-COUNT").result is HELD
    room.signed(parameters=counted(2, opaque="for-41"))
    assert "opaque" in room.says_of("SIP-DIGEST").broken[0].claim


@pytest.mark.parametrize(("count", "said"), [(1, HELD), (2, HELD), (3, BROKEN)])
def test_a_nonce_that_is_given_again_may_be_counted_from_one(count: int, said: Result) -> None:
    room = uses("00000001")
    room.asks()
    room.says(401, PROTECTED)
    room.signed(parameters=counted(count))
    assert room.says_of("SIP-NONCE-COUNT").result is said


def test_a_nonce_that_two_registrations_of_an_account_were_given_has_the_opaque_of_each() -> None:
    room = Room(passwords=Passwords({"41": [SECRET]}))
    for call_id in ("first", "second"):
        room.call_id = call_id
        room.asks()
        room.says(401, f'{PROTECTED}, opaque="for-{call_id}"')
        room.signed(parameters=counted(1, opaque=f"for-{call_id}"))
        room.grants(60)
    room.call_id = "first"
    room.signed(parameters=counted(2, opaque="for-first"))
    assert room.says_of("SIP-DIGEST").result is HELD
