"""Bad documents: what is sent of the one that is cut in transfer."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from harness.base import bad_documents


def test_what_arrives_of_the_document_cut_in_transfer_is_whole_xml() -> None:
    whole, sent = bad_documents.document("cut in transfer"), bad_documents.sent("cut in transfer")
    assert sent is not None
    assert sent < len(whole)
    assert fromstring(whole[:sent]).tag == "settings"


def test_the_others_are_sent_to_their_end() -> None:
    assert bad_documents.sent("cut off") is None
