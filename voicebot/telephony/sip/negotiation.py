"""Offer and answer for one audio stream (RFC 3264), without I/O."""

import ipaddress
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from voicebot.errors import TelephonyError
from voicebot.telephony.sip.sdp import Description, Format, Media, MediaDirection, build

CODECS = (("PCMA", 8), ("PCMU", 0))
"""What we speak, best first: A-law is native to UK trunks."""
OUR_EVENT_TYPE = 101
"""The payload type under which we offer telephone-event."""
PTIME_MS = 20
MAXPTIME_MS = 60


class NotAcceptable(TelephonyError):
    """A description holds nothing that we can or may use: the answer is 488."""


@dataclass(frozen=True, slots=True)
class MediaParameters:
    """What a negotiation came to, as the media stream needs it."""

    remote: tuple[str, int]
    payload_type: int
    encoding: str
    ptime_ms: int
    event_payload_type: int | None
    send: bool
    receive: bool


def choose(description: Description, allowed: Callable[[str], bool] = lambda _: True) -> tuple[Media, Format]:
    """The audio line and the format that we take. Raises :class:`NotAcceptable`.

    ``allowed`` says whether media may go to an address.
    """
    media = description.audio
    if media is None:
        raise NotAcceptable("no audio over RTP/AVP")
    if not media.address:
        raise NotAcceptable("the audio has no address")
    if not ipaddress.ip_address(media.address).is_unspecified and not allowed(media.address):
        raise NotAcceptable("the audio's address is outside the allowed networks")
    formats = media.audio_formats()
    for encoding, _ in CODECS:
        for candidate in formats:
            if candidate.encoding == encoding and candidate.clock_rate == 8000:
                return media, candidate
    raise NotAcceptable("no common codec")


class Negotiation:
    """Our side of one session: where we hear, what we last said, what came of it.

    ``address`` and ``port`` are ours; ``session_id`` is any number that is new for each session.
    """

    def __init__(
        self, *, address: str, port: int, session_id: int, allowed: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.address = address
        self.port = port
        self._session_id = session_id
        self._version = 0
        self._allowed = allowed
        self._last: list[Media] = []
        self.parameters: MediaParameters | None = None
        self.hold = False
        """Whether we want to hear nothing for now (set before an offer or answer is made)."""

    def fork(self) -> "Negotiation":
        """A copy that comes to an outcome of its own: the same offer, answered in another dialog."""
        return copy(self)

    def offer(self) -> bytes:
        """What we offer: every codec we speak, both ways unless we hold. Lines that a session already has stay."""
        attributes = [("rtpmap", f"{number} {name}/8000") for name, number in CODECS]
        attributes += [
            ("rtpmap", f"{OUR_EVENT_TYPE} telephone-event/8000"),
            ("fmtp", f"{OUR_EVENT_TYPE} 0-15"),
            ("ptime", str(PTIME_MS)),
            ("maxptime", str(MAXPTIME_MS)),
        ]
        formats = (*(str(number) for _, number in CODECS), str(OUR_EVENT_TYPE))
        direction = MediaDirection.of(sends=True, receives=not self.hold)
        audio = Media("audio", self.port, "RTP/AVP", formats, attributes=attributes, direction=direction)
        if not any(media.port for media in self._last):
            return self._write([audio])
        return self._write([audio if media.port else media for media in self._last])

    def answer(self, offer: Description) -> bytes:
        """Answer an offer and remember the outcome. Raises :class:`NotAcceptable`, after which nothing has changed."""
        chosen, codec = choose(offer, self._allowed)
        parameters = self._parameters(chosen, codec)
        lines = []
        for media in offer.media:
            if media is not chosen:
                lines.append(Media(media.kind, 0, media.protocol, media.formats))
                continue
            attributes = [("rtpmap", f"{codec.payload_type} {codec.encoding}/8000")]
            formats = [str(codec.payload_type)]
            if (event := parameters.event_payload_type) is not None:
                formats.append(str(event))
                attributes += [("rtpmap", f"{event} telephone-event/8000"), ("fmtp", f"{event} 0-15")]
            attributes += [("ptime", str(parameters.ptime_ms)), ("maxptime", str(MAXPTIME_MS))]
            direction = MediaDirection.of(media.direction.receives, media.direction.sends and not self.hold)
            lines.append(Media("audio", self.port, media.protocol, tuple(formats), "", attributes, direction))
        body = self._write(lines)
        self.parameters = parameters
        return body

    def accept(self, answer: Description) -> MediaParameters:
        """Take the answer to our offer. Raises :class:`NotAcceptable`."""
        chosen, codec = choose(answer, self._allowed)
        self.parameters = self._parameters(chosen, codec)
        return self.parameters

    def _parameters(self, media: Media, codec: Format) -> MediaParameters:
        events = (f for f in media.audio_formats() if f.encoding == "TELEPHONE-EVENT" and f.clock_rate == 8000)
        event = next(events, None)
        held = ipaddress.ip_address(media.address).is_unspecified
        ptime = media.ptime or PTIME_MS
        if media.maxptime:
            ptime = min(ptime, media.maxptime)
        return MediaParameters(
            remote=(media.address, media.port),
            payload_type=codec.payload_type,
            encoding=codec.encoding,
            ptime_ms=min(max(ptime // 10 * 10, 10), MAXPTIME_MS),
            event_payload_type=event.payload_type if event else None,
            send=media.direction.receives and not held,
            receive=media.direction.sends and not held and not self.hold,
        )

    def _write(self, media: list[Media]) -> bytes:
        if media != self._last:
            self._version += 1
            self._last = media
        return build(address=self.address, session_id=self._session_id, version=self._version, media=media)
