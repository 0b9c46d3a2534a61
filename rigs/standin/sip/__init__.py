"""The base's SIP user agent: text level, asyncio, no third-party stack (messages up to calls, bottom to top).

`message` and `reader` know text, `transport` sockets, `transaction` and `dialog` RFC 3261, `registration` and `call`
what the phone does with them, `agent` ties them together. What others talk to stands in `interface`.
"""
