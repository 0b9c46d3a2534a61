"""The report of `m9 judge`: printed on a terminal, drawn as a page, written for a machine.

`build.report` makes it of evidence and judgements; `text`, `page` and `as_json` show it. A report holds plain values
only, so that all three say the same.
"""
