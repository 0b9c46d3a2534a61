"""Names that are registered for SIP (IANA, SIP parameters): header fields, and option tags; in lower case."""

from __future__ import annotations

import re

_HEADERS = """
    a b c d e f i j k l m n o r s t u v x y accept accept-contact accept-encoding accept-language accept-
    resource-priority additional-identity alert-info allow allow-events answer-mode authentication-info
    authorization call-id call-info cellular-network-info contact content-disposition content-encoding content-
    id content-language content-length content-type cseq date dc-info diversion encryption error-info event
    expires feature-caps flow-timer from geolocation geolocation-error geolocation-routing hide history-info
    identity identity-info in-reply-to info-package join max-breadth max-forwards mime-version min-expires min-
    se organization origination-id p-access-network-info p-answer-state p-asserted-identity p-asserted-service
    p-associated-uri p-called-party-id p-charge-info p-charging-function-addresses p-charging-vector p-dcs-
    billing-info p-dcs-laes p-dcs-osps p-dcs-redirect p-dcs-trace-party-id p-early-media p-media-authorization
    p-preferred-identity p-preferred-service p-private-network-indication p-profile-key p-refused-uri-list
    p-served-user p-user-database p-visited-network-id path permission-missing policy-contact policy-id priority
    priority-share priority-verstat priv-answer-mode privacy proxy-authenticate proxy-authentication-info proxy-
    authorization proxy-require rack reason reason-phrase record-route recv-info refer-events-at refer-sub
    refer-to referred-by reject-contact relayed-charge remote-party-id replaces reply-to request-disposition
    require resource-priority resource-share response-key response-source restoration-info retry-after route
    rseq security-client security-server security-verify server service-interact-info service-route session-
    expires session-id sip-etag sip-if-match subject subscription-state supported suppress-if-match target-
    dialog timestamp to trigger-consent unsupported user-agent user-to-user via warning www-authenticate
"""
_OPTION_TAGS = """
    100rel 199 answermode early-session eventlist explicitsub from-change geolocation-http geolocation-sip gin
    gruu histinfo ice join multiple-refer norefersub nosub outbound path policy precondition pref privacy
    recipient-list-invite recipient-list-message recipient-list-subscribe record-aware replaces resource-
    priority sdp-anat sec-agree siprec tdialog timer trickle-ice uui
"""

_DIVIDED = re.compile(r"-\s+")
"""A name that goes on in the next line."""

HEADERS = frozenset(_DIVIDED.sub("-", _HEADERS).split())
"""With the compact forms, and two common names that were never registered."""
OPTION_TAGS = frozenset(_DIVIDED.sub("-", _OPTION_TAGS).split())
