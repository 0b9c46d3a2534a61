"""What `m9 judge` says of a trace: one report, printed for a terminal, drawn as a page, written for a machine.

`build.report` makes it of evidence and judgements; `text`, `page` and `as_json` show it. A report holds plain values
only, so that all three say the same.
"""
