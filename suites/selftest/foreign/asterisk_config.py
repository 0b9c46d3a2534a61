"""The configuration of an Asterisk for a rig: nine accounts for the base, eight for peers, each can call each."""

from __future__ import annotations

from pathlib import Path

BASE_NUMBERS, PEER_NUMBERS = range(101, 110), range(301, 309)
PASSWORD = "asterisk-of-the-segment"
CODECS = "g722,alaw,ulaw,g726,g729"
_DIALPLAN = """[rig]
exten => _XXX,1,Dial({driver}/${{EXTEN}},60)
 same => n,Hangup(${{HANGUPCAUSE}})
"""
_PJSIP = """[global]
user_agent=Asterisk
[udp]
type=transport
protocol=udp
bind={address}:5060
[tcp]
type=transport
protocol=tcp
bind={address}:5060
"""
_PJSIP_ACCOUNT = """[{number}]
type=endpoint
context=rig
auth={number}
aors={number}
callerid="{name}" <{number}>
disallow=all
allow={codecs}
direct_media={direct}
rtp_symmetric=yes
force_rport=yes
trust_id_inbound=yes
trust_id_outbound=yes
send_pai=yes
language=en
moh_passthrough=yes
[{number}]
type=auth
auth_type=userpass
username={number}
password={password}
[{number}]
type=aor
max_contacts=1
minimum_expiration=10
default_expiration=300
remove_existing=yes
"""
_SIP = """[general]
context=none
udpbindaddr={address}:5060
tcpenable=yes
tcpbindaddr={address}:5060
allowguest=no
alwaysauthreject=yes
minexpiry=10
defaultexpiry=300
nat=force_rport,comedia
directmedia={direct}
trustrpid=yes
sendrpid=pai
srvlookup=no
useragent=Asterisk
disallow=all
allow={codecs}
"""
_SIP_ACCOUNT = """[{number}]
type=friend
host=dynamic
context=rig
secret={password}
callerid="{name}" <{number}>
"""
_ASTERISK = """[directories]
astcachedir => {folder}/cache
astetcdir => {folder}
astmoddir => {modules}
astvarlibdir => /var/lib/asterisk
astdbdir => {folder}
astkeydir => {folder}
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astspooldir => {folder}/spool
astrundir => {folder}
astlogdir => {folder}
astsbindir => /usr/sbin
[options]
verbose = 4
"""
#: What the other driver, the sound cards and data bases of a full installation would load.
_UNUSED = ("chan_alsa", "chan_console", "chan_oss", "chan_dahdi", "chan_mobile", "chan_skinny", "chan_mgcp",
           "chan_unistim", "chan_iax2", "pbx_dundi", "pbx_ael", "pbx_lua", "res_corosync", "res_snmp",
           "res_phoneprov", "res_pjsip_phoneprov_provider", "cdr_radius", "cel_radius", "res_hep", "res_prometheus",
           "res_stir_shaken", "res_geolocation", "res_xmpp", "chan_motif")  # fmt: skip


def name_of(number: int) -> str:
    """The display name that the server has for an account."""
    return f"{'Base' if number in BASE_NUMBERS else 'Peer'} {chr(ord('A') + number % 10)}"


def write(folder: Path, root: Path, *, address: str, direct: bool, classic: bool) -> None:
    """Write all files for a driver: `classic` is chan_sip, the other chan_pjsip."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("spool", "cache"):
        (folder / name).mkdir(exist_ok=True)
    modules = next(root.glob("usr/lib/**/asterisk/modules"))
    unused = [*_UNUSED, "chan_pjsip" if classic else "chan_sip"]
    if classic:
        unused += sorted(found.stem for found in modules.glob("res_pjsip*.so"))
    values = {"address": address, "codecs": CODECS, "direct": "yes" if direct else "no", "password": PASSWORD}
    server, account = (_SIP, _SIP_ACCOUNT) if classic else (_PJSIP, _PJSIP_ACCOUNT)
    accounts = [
        account.format(number=number, name=name_of(number), **values) for number in (*BASE_NUMBERS, *PEER_NUMBERS)
    ]
    files = {
        "asterisk.conf": _ASTERISK.format(folder=folder, modules=f"/{modules.relative_to(root)}"),
        "modules.conf": "[modules]\nautoload=yes\n" + "".join(f"noload => {name}.so\n" for name in unused),
        "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error,verbose\n",
        "extensions.conf": _DIALPLAN.format(driver="SIP" if classic else "PJSIP"),
        "sip.conf" if classic else "pjsip.conf": server.format(**values) + "".join(accounts),
        "rtp.conf": "[general]\nrtpstart=10000\nrtpend=10999\nstrictrtp=no\n",
        "musiconhold.conf": "[default]\nmode=files\ndirectory=moh\n",
        "indications.conf": "[general]\ncountry=de\n[de]\ndial=425\nring=425/1000,0/4000\nbusy=425/480,0/480\n",
        "features.conf": "[general]\n",
        "cdr.conf": "[general]\nenable=no\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
