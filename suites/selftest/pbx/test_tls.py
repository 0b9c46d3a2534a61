"""The embedded PBX speaks TLS, and the live capture reads it by the server's key."""

from pathlib import Path

from suites.selftest.private_segment import printed


def test_tls_is_spoken_and_seen_in_clear_live(tmp_path: Path) -> None:
    found = printed(Path(__file__).with_name("tls_segment.py"), tmp_path)
    assert found["said"][:2] == ["SIP/2.0 200 Keep-alive"] * 2, "TLS 1.2, and 1.0 for a rig that knows no more"
    assert "expired" in found["said"][2], "a certificate is replaced while the server runs"
    assert found["seen"] == [["OPTIONS", 0, "tls"], ["", 200, "tls"]] * 2
