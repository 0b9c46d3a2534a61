"""Faults of a binding's life: how it is named, proved, refreshed, and taken up again after a refusal."""

from __future__ import annotations

import re

from rigs.standin.sip.strategies import (
    ContactStrategy,
    CredentialStrategy,
    MessageWaitingStrategy,
    RepeatStrategy,
    UnknownEventStrategy,
)


class InstanceLostAtRefresh(ContactStrategy):
    """Only the first request names the unit: servers count a second device from the refresh on."""

    feature = "registration-refresh"

    def renewed(self, written: str) -> str:
        return re.sub(r";\+sip\.instance=.*$", "", written)


class SecondFlowOnly(ContactStrategy):
    """Servers with outbound wait for the other flow of the unit: its only one is called the second, reg-id=2."""

    feature = "registration-shape"

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        return super().register(user, host_port, transport, line, instance).replace(";reg-id=1", ";reg-id=2")


class InstanceWithoutBrackets(ContactStrategy):
    """The unit's name is no URN in angle brackets: strict servers take every base for the same."""

    feature = "instance-id"

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        return super().register(user, host_port, transport, line, instance).replace(f"<{instance}>", instance)


class UdpContactOverTcp(ContactStrategy):
    """Calls to an identity that registered over TCP are sent over UDP, where a firewall stops them."""

    feature = "sip-tcp"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return super().uri(user, host_port, "udp", line)


class OpaqueDropped(CredentialStrategy):
    """Servers that keep their state in opaque refuse the credentials."""

    feature = "digest"

    def written(self, value: str) -> str:
        return re.sub(r",opaque=\"[^\"]*\"", "", value)


class QopQuoted(CredentialStrategy):
    """Strict servers cannot read the quality of protection: it stands in quotes."""

    feature = "digest-count"

    def written(self, value: str) -> str:
        return value.replace("qop=auth,", 'qop="auth",')


class FirstIntervalFixed(RepeatStrategy):
    """The setting of T1 has no effect: on slow lines every request is sent twice."""

    feature = "retransmission"

    def first(self, t1: float) -> float:
        return 0.5


class OldMessagesWait(MessageWaitingStrategy):
    """The lamp stays on for messages that were listened to."""

    feature = "message-waiting"

    def waiting(self, said: bool, new: int | None, old: int | None) -> bool:
        return said or bool(old)


class MailboxOfTheFirst(MessageWaitingStrategy):
    """Messages for any identity light the lamp of the first identity's handset."""

    feature = "mwi-unsolicited"

    def identity(self, number: int) -> int:
        return 1


class UnknownEventWelcome(UnknownEventStrategy):
    """Servers go on sending notices that the base can do nothing with."""

    feature = "sip-robustness"

    def status(self) -> int:
        return 200
