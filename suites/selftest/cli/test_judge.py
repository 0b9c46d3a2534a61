"""`m9 judge`: wrong use, exit codes, what is chosen, what is shown to whom, and what is kept from everybody."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ConfigDict, TypeAdapter
from typer.testing import CliRunner, Result

from harness.cli.main import application
from harness.trace_report import model
from suites.selftest.capture import frames, tls
from suites.selftest.trace_report import traces
from suites.selftest.trace_report.traces import BASE, SERVER

ROOT = Path(__file__).parents[3]
app = application(["judge"])


def judged(*words: object, base: str | None = BASE) -> Result:
    """`m9 judge` with these words."""
    named = ["--base", base] if base else []
    return CliRunner().invoke(app, ["judge", *map(str, words), *named])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A registration and two calls, nothing wrong."""
    return traces.write(tmp_path / "good.pcap", [*traces.register(), *traces.call(1), *traces.call(10, call_id="c2")])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Two calls; the second one's BYE repeats the CSeq of its INVITE."""
    second = [
        (at, ours, text.replace("CSeq: 2 BYE", "CSeq: 1 BYE")) for at, ours, text in traces.call(10, call_id="c2")
    ]
    return traces.write(tmp_path / "broken.pcap", [*traces.call(1), *second])


# wrong use


def test_without_a_base_the_addresses_are_listed_and_the_phone_is_named(good: Path) -> None:
    result = judged(good, base=None)
    assert result.exit_code == 2
    first, second = result.stderr.strip().splitlines()
    assert first.startswith(f"m9: {good}: --base is missing; SIP is spoken by ")
    assert f"{BASE} (7 messages, looks like a phone: it registers, snom-m9/9.2.45-a)" in first
    assert f"{SERVER} (5 messages, registrar)" in first
    assert second == f"  remedy    --base {BASE}"


def test_an_address_that_is_not_there_is_named(good: Path) -> None:
    result = judged(good, base="192.0.2.99")
    assert result.exit_code == 2
    assert f"no packet of 192.0.2.99; SIP is spoken by {BASE}" in result.stderr


def test_one_of_several_addresses_is_enough(good: Path) -> None:
    assert judged(good, base=f"192.0.2.99,{BASE}").exit_code == 0


def test_an_address_inside_of_a_nat_leads_to_the_one_outside(tmp_path: Path) -> None:
    sent = [(at, ours, text.replace(f"UDP {BASE}", "UDP 10.1.1.5")) for at, ours, text in traces.register()]
    file = traces.write(tmp_path / "nat.pcap", sent)
    result = judged(file, base="10.1.1.5")
    assert result.exit_code == 2
    assert f"{BASE} calls itself 10.1.1.5 in its Via, from behind a NAT: --base {BASE}" in result.stderr
    assert "The trace is from outside of a NAT" in " ".join(judged(file).output.split())


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--profile", "asterix"], "--profile asterix: no such profile"),
        (["--from", "tomorrow"], "--from tomorrow: no time"),
        (["--from", "+²"], "--from +²: no time"),
        (["--from", "+9", "--to", "+3"], "--from +9 is after --to +3"),
        (["--call", "3"], "--call 3: the trace has 2 calls of the base"),
        (["--call", "c"], "--call c: 2 calls have it in their Call-ID"),
        (["--keylog", "/nowhere"], "no key log file"),
        (["--html", "/proc/x.html"], "cannot be written"),
        (["--profile", "nix"], "choose one of asterisk, avaya, broadsoft,"),
        (["--json", "/"], "is a folder"),
    ],
)
def test_wrong_words_are_told(good: Path, words: list[str], text: str) -> None:
    result = judged(good, *words)
    assert result.exit_code == 2, result.output
    assert text in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize("option", ["--html", "--json"])
def test_a_folder_that_is_not_there_is_no_folder_to_make(good: Path, tmp_path: Path, option: str) -> None:
    result = judged(good, option, tmp_path / "reprots" / "x")
    assert result.exit_code == 2
    assert "there is no folder" in " ".join(result.output.split())
    assert not (tmp_path / "reprots").exists()


def test_a_text_is_told_from_a_capture_that_was_cut(tmp_path: Path) -> None:
    file = tmp_path / "x.pcap"
    for content, said in (
        (b"no capture, though it is long enough", "neither pcap nor pcapng"),
        (b"short", "too short"),
    ):
        file.write_bytes(content)
        assert said in judged(file).stderr


@pytest.mark.parametrize("base", [BASE, None])
def test_a_capture_without_packets_is_said_to_hold_none(tmp_path: Path, base: str | None) -> None:
    file = traces.write(tmp_path / "x.pcap", [])
    result = judged(file, "--html", tmp_path / "x.html", base=base)
    assert result.exit_code == 12, result.output
    assert "NOTHING JUDGED" in result.output
    assert "holds no packets" in result.output
    assert "1970" not in result.output + (tmp_path / "x.html").read_text()


@pytest.mark.parametrize("content", [b"", b"\xd4\xc3\xb2", b"no capture at all, but long enough to be one" * 9])
def test_a_file_that_is_no_capture_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.pcap"
    file.write_bytes(content)
    result = judged(file)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 2, result.stderr
    assert judged(tmp_path / "none.pcap").exit_code == 2


# verdicts and choice


def test_good_is_0_and_every_call_has_a_line(good: Path) -> None:
    result = judged(good)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if "40 → 301" in line]
    assert len(lines) == 2
    assert "answered after 50 ms, the base hung up" in lines[0]
    assert lines[0].rstrip().endswith("3.0 s  PCMA agreed")
    assert "Broken rules" not in result.output


def test_broken_is_10_and_says_where_and_what_to_do(broken: Path) -> None:
    result = judged(broken)
    assert result.exit_code == 10
    text = " ".join(result.output.split())
    assert "✗ SIP-CSEQ" in text
    assert "where call 2, packet 9" in text
    for field in ("expected ", "seen ", "means ", "next ", "source RFC 3261"):
        assert f" {field}" in text, field


def test_one_fault_of_a_general_rule_and_the_platform_s_is_told_once(tmp_path: Path) -> None:
    held = traces.call(1, hold=traces.described(BASE, version=5, direction="sendonly"))
    result = judged(traces.write(tmp_path / "x.pcap", held), "--html", tmp_path / "x.html")
    assert result.exit_code == 10
    assert "BROKEN: 1 rule broken" in result.output
    assert re.search(r"✗ SDP-ORIGIN +broken 1 \(packet \d+\), told as HLD-5", result.output)
    page = (tmp_path / "x.html").read_text()
    assert 'id="rule-HLD-5"' in page
    assert 'id="rule-SDP-ORIGIN"' not in page


def test_nothing_judged_is_12(tmp_path: Path) -> None:
    far = [(0.0, False, traces.message("SIP/2.0 200 OK", "Via: SIP/2.0/UDP x;branch=z9hG4bK1", "CSeq: 1 OPTIONS"))]
    result = judged(traces.write(tmp_path / "far.pcap", far))
    assert result.exit_code == 12, result.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 10),
        (("--to", "+5"), 0),
        (("--from", "+5"), 10),
        (("--from", "1700000008.5", "--to", "2023-11-14T22:13:40Z"), 10),
        (("--from", "2023-11-14T22:13:34Z"), 12),
        (("--call", "1"), 0),
        (("--call", "2"), 10),
        (("--call", "c2"), 10),
    ],
)
def test_the_verdict_is_that_of_the_part_that_was_asked_for(broken: Path, words: tuple[str, ...], code: int) -> None:
    assert judged(broken, *words).exit_code == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "+60"), "Nothing counts: the trace ends at 22:13:33.060, before 22:14:20.000."),
        (("--to", "2023-11-14T22:13:00Z"), "Nothing counts: the trace begins at 22:13:20.000, after 22:13:00.000."),
        (("--from", "+5", "--to", "+60"), "Only what was found from 22:13:25.000 to 22:13:33.060 counts."),
    ],
)
def test_which_part_counts_is_told(
    good: Path, tmp_path: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    result = judged(good, *words, "--html", tmp_path / "x.html")
    assert said in result.output
    assert said in (tmp_path / "x.html").read_text()


def test_a_time_of_day_is_that_of_the_trace(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.trace_report.window import window

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    begins, late = float(traces.BEGINS), float(traces.BEGINS + 2 * 3600)
    assert window("22:13:30", "", begins, late) == (begins + 10, float("inf"))
    assert window("", "00:05", begins, late) == (float("-inf"), begins + 6700)
    assert window("", "", begins, late) is None


def test_one_call_in_full_has_its_ladder_with_the_mark(broken: Path) -> None:
    text = judged(broken, "--call", 2).output
    marked = [line for line in text.splitlines() if line.startswith("▶")]
    assert len(marked) == 1
    assert "BYE" in marked[0]
    assert "▶" not in judged(broken, "--call", 1).output.replace("▶│", "")


def test_rules_without_an_occasion_are_a_number_and_listed_when_that_is_asked_for(good: Path) -> None:
    few, every = judged(good).output, judged(good, "--all").output
    assert re.search(r"- \d+ rules had no occasion in this trace; --all lists them", few)
    assert "DTMF-KEY" not in few
    assert re.search(r"- DTMF-KEY +not exercised  \w+", every)


def test_an_inferred_rule_only_warns(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.core import overrides

    monkeypatch.setitem(overrides._corrections, "rules", {"standards": {"SIP-CSEQ": {"level": "inferred"}}})
    for forget in overrides._caches:
        forget()
    try:
        result = judged(broken)
    finally:
        monkeypatch.undo()
        for forget in overrides._caches:
            forget()
    assert result.exit_code == 0
    assert "WARNING: 1 rule broken" in result.output
    assert "inferred, so it only warns" in " ".join(result.output.split())


# for machines and for eyes


def test_the_json_is_the_model_field_by_field(broken: Path, tmp_path: Path) -> None:
    judged(broken, "--json", tmp_path / "x.json", "--from", "+5")
    content = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert (content.pop("kind"), content["schema"]) == ("m9 judge", 1)
    assert content["trace"].pop("window")[1] is None
    names = {name for name in vars(model) if isinstance(getattr(model, name), type)}
    for name in names:
        getattr(model, name).__pydantic_config__ = ConfigDict(extra="forbid")
    report = TypeAdapter(model.Report).validate_python(content)
    assert (report.verdict, report.exit_code) == ("broken", 10)
    (fault,) = report.broken[0].faults
    assert (fault.call, fault.frame) == (2, 9)
    assert {rule.result for rule in report.rules} >= {"held", "broken", "not exercised"}


HOSTILE = '"<script>alert(1)</script>\x1b[31m\u202e" '


def test_a_page_runs_nothing_that_a_trace_says(tmp_path: Path) -> None:
    file = traces.write(tmp_path / "x.pcap", traces.call(name=HOSTILE))
    result = judged(file, "--html", tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    for text in (page, result.output):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_page_shows_calls_ladders_rules_and_registrations(good: Path, tmp_path: Path) -> None:
    assert judged(good, "--html", tmp_path / "x.html").exit_code == 0
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.count('<details class="call') == 2
    assert page.count('<svg class="ladder"') == 2
    assert "granted 1 time for 3600 s" in page
    assert "No rule was broken" in page
    assert "<h1>good.pcap</h1>" in page
    assert str(tmp_path) not in page


SECRETS = {
    "digest": "deadbeefdeadbeefdeadbeefdeadbeef",
    "cnonce": "c0ffeec0ffee",
    "sdes key": "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
    "uri": "Geheim4711Wort",
}


def test_secrets_are_in_no_output(tmp_path: Path) -> None:
    signed = (
        f'Authorization: Digest username="40", realm="pbx", nonce="n", uri="sip:pbx", cnonce="{SECRETS["cnonce"]}", '
        f'response="{SECRETS["digest"]}"'
    )
    crypto = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{SECRETS['sdes key']}\r\n"
    sent = [*traces.register(0, signed), *traces.call(1, more=crypto)]
    told = [(at, ours, re.sub("sip:(40|301)@", rf"sip:\\1:{SECRETS['uri']}@", text)) for at, ours, text in sent]
    wrong = [(at, ours, text.replace("CSeq: 2 BYE", "CSeq: 1 BYE")) for at, ours, text in told]
    file = traces.write(tmp_path / "x.pcap", wrong)
    result = judged(file, "--html", tmp_path / "x.html", "--json", tmp_path / "x.json", "--call", "1")
    whole = judged(file)
    shown = [result.output, whole.output, *(path.read_text(encoding="utf-8") for path in tmp_path.glob("x.[hj]*"))]
    for what, secret in SECRETS.items():
        assert not any(secret in text for text in shown), what


def test_every_text_of_a_report_goes_through_the_mask() -> None:
    from harness.core.redaction import redaction
    from harness.trace_report.masking import masked

    secret = "Geheim0815"
    where = model.Where(1, 0.0, 1, f"told {secret}")
    remark = model.Remark("kind", "title", secret, 'response="0123456789abcdef"', (where,))
    redaction.register(secret)
    shown = masked((remark, [secret]))
    assert secret not in repr(shown)
    assert "0123456789abcdef" not in repr(shown)
    assert shown[0].where[0].words == "told " + "*" * len(secret)


def test_sip_over_tls_is_named_and_judged_with_its_keys(tmp_path: Path) -> None:
    said = [
        text.replace("UDP", "TLS").replace(";line=", ";transport=tls;line=").encode()
        for _, ours, text in traces.register()
        if ours
    ]
    packets, keylog = tls.secured(tmp_path, said)
    file = tmp_path / "tls.pcap"
    file.write_bytes(frames.pcap([frames.ethernet(packet) for packet in packets]))
    closed = judged(file)
    assert closed.exit_code == 2
    assert f"no SIP that can be read; TLS {BASE} ↔ {SERVER}:5061 is encrypted" in closed.stderr
    opened = judged(file, "--keylog", keylog)
    assert opened.exit_code == 0, opened.output
    assert "1 SIP message" in opened.output


# passwords

PASSWORD = "Kennwort-4711-lang"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def signed(algorithm: str, password: str) -> str:
    """An Authorization of 40 for sip:pbx (RFC 2617 section 3.2.2, RFC 8760)."""

    def hashed(text: str) -> str:
        return str(HASHES[algorithm](text.encode()).hexdigest())

    response = hashed(f"{hashed(f'40:pbx:{password}')}:nonce1:{hashed('REGISTER:sip:pbx')}")
    return (
        f'Authorization: Digest username="40", realm="pbx", nonce="nonce1", uri="sip:pbx", response="{response}", '
        f"algorithm={algorithm}"
    )


@pytest.mark.parametrize("algorithm", list(HASHES))
@pytest.mark.parametrize(
    ("password", "words", "result"),
    [
        (PASSWORD, ["--password", "env:THEIRS"], "held"),
        (PASSWORD, ["--password", "40=env:THEIRS"], "held"),
        (PASSWORD, ["--password", "99=env:THEIRS"], "cannot be said"),
        (PASSWORD, [], "cannot be said"),
        ("another", ["--password", "env:THEIRS"], "broken"),
        ("another", ["--password", "env:THEIRS", "--password", "40=file:more"], "held"),
    ],
)
def test_digests_are_computed_with_the_passwords_that_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str, password: str, words: list[str], result: str
) -> None:
    monkeypatch.setenv("THEIRS", PASSWORD)
    monkeypatch.chdir(tmp_path)
    Path("more").write_text("another\n")
    file = traces.write(tmp_path / "x.pcap", traces.register(0, signed(algorithm, password)))
    shown = judged(file, *words, "--json", tmp_path / "x.json", "--html", tmp_path / "x.html")
    content = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    (rule,) = [rule for rule in content["rules"] if rule["id"] == "SIP-DIGEST-RESPONSE"]
    assert rule["result"] == result, shown.output
    for text in (shown.output, json.dumps(content), (tmp_path / "x.html").read_text(encoding="utf-8")):
        assert PASSWORD not in text
        assert signed(algorithm, password).split('response="')[1][:20] not in text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Geheim0815", "neither env:NAME nor file:PATH"),
        ("env:NOT_THERE", "not in the environment"),
        ("file:/nowhere", "No such file"),
        ("40=Geheim0815", "neither env:NAME nor file:PATH"),
    ],
)
def test_a_password_stands_on_no_command_line(good: Path, word: str, text: str) -> None:
    result = judged(good, "--password", word)
    assert result.exit_code == 2
    assert text in result.output
    assert "Geheim0815" not in result.output


# cost


def test_only_what_is_needed_is_loaded(good: Path) -> None:
    heavy = ("pytest", "selenium", "pjsua2", "pyshark", "pysnmp", "jinja2", "PIL", "pyroute2", "allure", "rich")
    code = (
        "import sys\nfrom harness.cli import main\n"
        f"sys.argv = ['m9', 'judge', {str(good)!r}, '--base', {BASE!r}]\n"
        "try:\n    main.main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
