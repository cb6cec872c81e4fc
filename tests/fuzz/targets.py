"""All fuzz targets by name."""

from collections.abc import Callable

from tests.fuzz.media import media_ports, rtcp_packets, session_descriptions, telephone_events
from tests.fuzz.sip_calls import sip_calls
from tests.fuzz.sip_messages import sip_messages
from tests.fuzz.streams import dialect, websocket

Target = Callable[[bytes], None]

TARGETS: dict[str, Target] = {
    "sip-messages": sip_messages,
    "sip-calls": sip_calls,
    "sdp": session_descriptions,
    "rtp": media_ports,
    "rtcp": rtcp_packets,
    "telephone-events": telephone_events,
    "twilio": dialect("twilio"),
    "telnyx": dialect("telnyx"),
    "audiosocket": dialect("audiosocket"),
    "websocket": websocket,
}
