"""What the web process and the media process agree on about the WebSocket between them."""

from voicebot.telephony.webrtc.messages import MAX_MESSAGE

__all__ = ["CLEAN", "LOST", "MAX_MESSAGE", "PATH", "PERSON", "TAKES_CALLS", "VERSION"]

PATH = "/browser"
PERSON = "x-voicebot-person"
"""Header with the account name of the page's person; empty for someone with a link."""
TAKES_CALLS = "x-voicebot-takes-calls"
"""Header that is ``1`` when they may be rung."""
VERSION = "x-voicebot-version"
"""Header with the version of the dialogue that the page's calls talk to; empty for the live one. Of people who work on
flows alone."""
CLEAN = frozenset({1000, 1001})
"""Close codes of a page that was left (RFC 6455 section 7.4.1); its call ends."""
LOST = 4000
"""Close code of a page whose connection was lost; its call waits for it."""
