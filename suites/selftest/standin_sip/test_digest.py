"""Digest answers against the examples of RFC 2617 and RFC 2069, and what is not answered."""

import pytest

from rigs.standin.sip.digest import Challenge, Credentials, answer, digest_response

MUFASA = Credentials("Mufasa", "Circle Of Life")


def test_rfc2617_example_with_qop():
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge is not None
    assert challenge.qop == "auth"
    response = digest_response(challenge, MUFASA, "GET", "/dir/index.html", count=1, cnonce="0a4f113b")
    assert response == "6629fae49393a05397450978507c4ef1"
    text = answer(challenge, MUFASA, "GET", "/dir/index.html", count=1, cnonce="0a4f113b")
    assert "nc=00000001" in text
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in text


def test_rfc2069_example_without_qop():
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    who = Credentials("Mufasa", "CircleOfLife")
    assert digest_response(challenge, who, "GET", "/dir/index.html", count=1, cnonce="") == (
        "1949323746fe6a43ef61f9606e7febea"
    )
    text = answer(challenge, who, "GET", "/dir/index.html")
    assert "qop" not in text
    assert "cnonce" not in text
    assert text.endswith("algorithm=MD5")


@pytest.mark.parametrize(
    "value",
    [
        'NTLM realm="x", nonce="y"',
        'Digest realm="x", nonce="y", algorithm=SHA-256',
        'Digest realm="x", nonce="y", qop="auth-conf"',
        'Digest realm="x"',
        "Digest",
        "",
    ],
)
def test_what_cannot_be_answered_is_passed_over(value):
    assert Challenge.parse(value) is None


def test_stale_and_quoted_commas_are_read():
    challenge = Challenge.parse('Digest realm="a, b=c", nonce="n,1", stale=TRUE, algorithm=md5')
    assert challenge is not None
    assert (challenge.realm, challenge.nonce, challenge.stale) == ("a, b=c", "n,1", True)


def test_a_password_is_never_shown():
    assert "Circle" not in repr(MUFASA)
