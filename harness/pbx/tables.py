"""The text tables that Kamailio's presence modules want even when they keep everything in memory."""

from __future__ import annotations

from pathlib import Path

VERSIONS = {"presentity": 5, "active_watchers": 12, "watchers": 3, "xcap": 4}
"""Table versions that Kamailio 5.6 checks at its start."""
COLUMNS = {
    "version": "id(int,auto) table_name(string) table_version(int)",
    "presentity": (
        "id(int,auto) username(string) domain(string) event(string) etag(string) expires(int) received_time(int) "
        "body(string) sender(string) priority(int) ruid(string,null)"
    ),
    "active_watchers": (
        "id(int,auto) presentity_uri(string) watcher_username(string) watcher_domain(string) to_user(string) "
        "to_domain(string) event(string) event_id(string,null) to_tag(string) from_tag(string) callid(string) "
        "local_cseq(int) remote_cseq(int) contact(string) record_route(string,null) expires(int) status(int) "
        "reason(string,null) version(int) socket_info(string) local_contact(string) from_user(string) "
        "from_domain(string) updated(int) updated_winfo(int) flags(int) user_agent(string,null)"
    ),
    "watchers": (
        "id(int,auto) presentity_uri(string) watcher_username(string) watcher_domain(string) event(string) status(int) "
        "reason(string,null) inserted_time(int)"
    ),
    "xcap": (
        "id(int,auto) username(string) domain(string) doc(string) doc_type(int) etag(string) source(int) "
        "doc_uri(string) port(int)"
    ),
}


def write(directory: Path) -> None:
    """Write empty tables and their versions into a folder (db_text's format: a line of columns, then rows)."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = [f"{number}:{table}:{version}" for number, (table, version) in enumerate(VERSIONS.items(), 1)]
    for table, columns in COLUMNS.items():
        lines = [columns, *(rows if table == "version" else [])]
        (directory / table).write_text("\n".join(lines) + "\n")
