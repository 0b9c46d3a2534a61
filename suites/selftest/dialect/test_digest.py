"""Challenges and credentials: what is right, what is stale, what is wrong."""

import hashlib

import pytest

from harness.dialect.digest import PROXY, WWW, Digest, Outcome, Wishes
from harness.dialect.message import parse
from harness.dialect.values import challenge_parts
from suites.selftest.dialect.wire import SERVER, head


def signed(challenge, *, password="secret", count=1, header="Authorization", uri=f"sip:{SERVER}", **more):
    _, asked = challenge_parts(challenge.partition(": ")[2])
    asked |= more
    name = asked.get("algorithm", "MD5").replace("SHA-256", "sha256").lower()

    def hashed(text):
        return hashlib.new(name, text.encode()).hexdigest()

    first, second = hashed(f"101:{asked['realm']}:{password}"), hashed(f"REGISTER:{uri}")
    qop = f":{count:08x}:c:auth" if "qop" in asked else ""
    response = hashed(f"{first}:{asked['nonce']}{qop}:{second}")
    line = f'{header}: Digest username="101", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}"'
    line += f', response="{response}", algorithm={asked.get("algorithm", "MD5")}'
    line += f", qop=auth, nc={count:08x}, cnonce=c" if qop else ""
    text = head("REGISTER", "101", "101", uri=uri) + f"\n{line}\n\n\n"
    return parse("\r\n".join(one.strip() for one in text.splitlines()).encode() + b"\r\n\r\n")


@pytest.fixture
def digest():
    return Digest("m9.example", {"101": "secret"})


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(qop=True), Wishes(algorithm="SHA-256", qop=True)])
def test_right_credentials_are_right_in_each_variant(digest, wishes):
    (challenge,) = digest.challenge(wishes)
    assert digest.judge(signed(challenge), WWW).outcome is Outcome.RIGHT
    assert digest.judge(signed(challenge, password="other"), WWW).outcome is Outcome.WRONG


def test_a_count_that_does_not_rise_is_stale(digest):
    (challenge,) = digest.challenge(Wishes(qop=True))
    outcomes = [digest.judge(signed(challenge, count=count), WWW).outcome.name for count in (1, 2, 2, 1, 3)]
    assert outcomes == ["RIGHT", "RIGHT", "STALE", "STALE", "RIGHT"]


def test_a_nonce_that_is_too_old_or_used_once_is_stale(digest):
    (challenge,) = digest.challenge(Wishes())
    digest.life = -1.0
    assert digest.judge(signed(challenge), WWW).outcome is Outcome.STALE
    digest.life, digest.once = 300.0, True
    (challenge,) = digest.challenge(Wishes())
    outcomes = [digest.judge(signed(challenge), WWW).outcome.name for _ in range(2)]
    assert outcomes == ["RIGHT", "STALE"]


def test_the_next_nonce_is_good_for_the_next_request(digest):
    (challenge,) = digest.challenge(Wishes())
    _, given = challenge_parts(digest.nextnonce().replace("Authentication-Info: ", "Digest "))
    assert digest.judge(signed(challenge, nonce=given["nextnonce"]), WWW).outcome is Outcome.RIGHT


def test_a_strange_challenge_comes_after_one_of_an_unknown_algorithm(digest):
    first, second = digest.challenge(Wishes(strange=True))
    assert first.endswith("algorithm=M9-UNKNOWN")
    assert 'opaque="m9-opaque"' in second


def test_credentials_for_the_proxy_are_none_for_the_registrar(digest):
    (challenge,) = digest.challenge(Wishes(PROXY))
    request = signed(challenge, header="Proxy-Authorization")
    assert digest.judge(request, WWW).outcome is Outcome.NONE
    assert digest.judge(request, PROXY).outcome is Outcome.RIGHT
