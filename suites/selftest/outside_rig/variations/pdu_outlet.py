"""A variation module of snmpsim: the outlet of a power bar, which moves the stand-in's plug by its control socket.

snmpsim executes this file by itself: it imports nothing of the project.
"""

import json
import os
import socket
import time

ON, OFF = 1, 2
STATE = {"value": ON}


def init(**context):
    """Nothing to prepare: the control socket is named in the environment."""


def variate(oid, tag, value, **context):
    """Answer a GET with the outlet's state; carry out a SET."""
    if not context["nextFlag"] and not context["exactMatch"]:
        return context["origOid"], tag, context["errorStatus"]
    time.sleep(float(os.environ.get("PDU_DELAY", "0")))
    if context["setFlag"]:
        STATE["value"] = int(context["origValue"])
        _plug(STATE["value"] == ON)
    return oid, tag, STATE["value"]


def shutdown(**context):
    """Nothing to close."""


def _plug(on):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.environ["PDU_CONTROL"])
        line.sendall(json.dumps({"do": "power", "on": on}).encode() + b"\n")
        with line.makefile("rb") as answers:
            if not json.loads(answers.readline()).get("ok"):
                raise OSError("the plug did not move")
