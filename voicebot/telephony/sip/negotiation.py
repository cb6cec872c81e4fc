"""Offer and answer for one audio stream (RFC 3264), without I/O."""

import ipaddress
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from voicebot.audio.encodings import ENCODINGS, RTP_CLOCK, Encoding
from voicebot.errors import TelephonyError
from voicebot.settings import SrtpMode
from voicebot.telephony.rtp.srtp import CryptoSuite, SrtpKeys
from voicebot.telephony.sip.sdes import Crypto, first_usable
from voicebot.telephony.sip.sdp import PLAIN, SECURE, Description, Format, Media, MediaDirection, build

OUR_EVENT_TYPE = 101
"""The payload type under which we offer telephone-event."""
PTIME_MS = 20
MAXPTIME_MS = 60


class NotAcceptable(TelephonyError):
    """A description holds nothing that we can or may use: the answer is 488."""


@dataclass(frozen=True, slots=True)
class MediaPolicy:
    """What we speak, best first, and whether encrypted.

    ``keys_are_safe`` says that nobody on the way can read the signalling, or that this was allowed: keys are neither
    given nor taken otherwise.
    """

    encodings: tuple[Encoding, ...] = tuple(ENCODINGS.values())
    srtp: SrtpMode = SrtpMode.OFF
    keys_are_safe: bool = True

    @property
    def encrypts(self) -> bool:
        """Whether media may be encrypted."""
        return self.srtp is not SrtpMode.OFF and self.keys_are_safe

    @property
    def possible(self) -> bool:
        """Whether there is any call at all: not when encryption is required and keys are not safe."""
        return self.keys_are_safe or self.srtp is not SrtpMode.REQUIRED


@dataclass(frozen=True, slots=True)
class MediaParameters:
    """What a negotiation came to, as the media stream needs it. ``keys`` None is media in clear."""

    remote: tuple[str, int]
    payload_type: int
    encoding: str
    ptime_ms: int
    event_payload_type: int | None
    send: bool
    receive: bool
    keys: SrtpKeys | None = None
    rtcp_mux: bool = False
    rtcp_port: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What we take of a description: the line, the format in it and what it decodes to, and the peer's key."""

    media: Media
    format: Format
    encoding: Encoding
    crypto: Crypto | None


def choose(
    description: Description,
    allowed: Callable[[str], bool] = lambda _: True,
    policy: MediaPolicy = MediaPolicy(),
) -> Choice:
    """The first audio line that we can take, and how. Raises :class:`NotAcceptable`.

    ``allowed`` says whether media may go to an address.
    """
    if not policy.possible:
        raise NotAcceptable("encryption is required, and the signalling that would carry its keys is not encrypted")
    reason = "no audio over RTP"
    for media in description.audio_lines:
        try:
            return _take(media, allowed, policy)
        except NotAcceptable as error:
            reason = str(error)
    raise NotAcceptable(reason)


def _take(media: Media, allowed: Callable[[str], bool], policy: MediaPolicy) -> Choice:
    if not media.address:
        raise NotAcceptable("the audio has no address")
    if not ipaddress.ip_address(media.address).is_unspecified and not allowed(media.address):
        raise NotAcceptable("the audio's address is outside the allowed networks")
    # Keys beside plain RTP offer encryption to those who know it: not in the standard, and what many phones do.
    crypto = first_usable(media.all_of("crypto")) if policy.encrypts else None
    if crypto is None and media.protocol == SECURE:
        raise NotAcceptable("encrypted audio without a key that we can or may use")
    if crypto is None and policy.srtp is SrtpMode.REQUIRED:
        raise NotAcceptable("audio in clear, where encryption is required")
    formats = media.audio_formats()
    for encoding in policy.encodings:
        for candidate in formats:
            if candidate.encoding == encoding.name and candidate.clock_rate == RTP_CLOCK:
                return Choice(media, candidate, encoding, crypto)
    raise NotAcceptable("no common codec")


class Negotiation:
    """Our side of one session: where we hear, what we last said, what came of it.

    ``address`` and ``port`` are ours; ``session_id`` is any number that is new for each session. Our keys are made
    once for the call, and anew when the peer changes its own.
    """

    def __init__(
        self,
        *,
        address: str,
        port: int,
        session_id: int,
        allowed: Callable[[str], bool] = lambda _: True,
        policy: MediaPolicy = MediaPolicy(),
    ) -> None:
        self.address = address
        self.port = port
        self._session_id = session_id
        self._version = 0
        self._allowed = allowed
        self._policy = policy
        self._keys: dict[CryptoSuite, Crypto] = {}
        self._last: list[Media] = []
        self.parameters: MediaParameters | None = None
        self.hold = False
        """Whether we want to hear nothing for now (set before an offer or answer is made)."""

    def fork(self) -> "Negotiation":
        """A copy that comes to an outcome of its own: the same offer, answered in another dialog."""
        return copy(self)

    def offer(self) -> bytes:
        """What we offer: every codec we speak, both ways unless we hold. Lines that a session already has stay.

        Raises :class:`NotAcceptable` when the policy forbids every session.
        """
        if not self._policy.possible:
            raise NotAcceptable("encryption is required, and the signalling that would carry its keys is not encrypted")
        encodings = self._policy.encodings
        attributes = [("rtpmap", f"{one.payload_type} {one.name}/{RTP_CLOCK}") for one in encodings]
        attributes += [
            ("rtpmap", f"{OUR_EVENT_TYPE} telephone-event/{RTP_CLOCK}"),
            ("fmtp", f"{OUR_EVENT_TYPE} 0-15"),
            ("ptime", str(PTIME_MS)),
            ("maxptime", str(MAXPTIME_MS)),
            ("rtcp-mux", ""),
        ]
        attributes += [("crypto", str(self._ours(tag, suite))) for tag, suite in enumerate(self._suites(), 1)]
        formats = (*(str(one.payload_type) for one in encodings), str(OUR_EVENT_TYPE))
        direction = MediaDirection.of(sends=True, receives=not self.hold)
        before = next((media for media in self._last if media.port), None)
        usual = SECURE if self._policy.srtp is SrtpMode.REQUIRED else PLAIN[0]
        protocol = before.protocol if before is not None else usual
        audio = Media("audio", self.port, protocol, formats, attributes=attributes, direction=direction)
        if before is None:
            return self._write([audio])
        return self._write([audio if media.port else media for media in self._last])

    def _suites(self) -> list[CryptoSuite]:
        """What is offered: all at the beginning of a session, later the one in use."""
        if not self._policy.encrypts:
            return []
        if self.parameters is None:
            return list(CryptoSuite)
        return [self.parameters.keys.ours.suite] if self.parameters.keys is not None else []

    def answer(self, offer: Description) -> bytes:
        """Answer an offer and remember the outcome. Raises :class:`NotAcceptable`, after which nothing has changed."""
        choice = choose(offer, self._allowed, self._policy)
        chosen, codec = choice.media, choice.format
        ours: Crypto | None = None
        if choice.crypto is not None:
            self._renew_if_changed(choice.crypto)
            ours = self._ours(choice.crypto.tag, choice.crypto.key.suite)
        parameters = self._parameters(choice, ours)
        lines = []
        for media in offer.media:
            if media is not chosen:
                lines.append(Media(media.kind, 0, media.protocol, media.formats))
                continue
            attributes = [("rtpmap", f"{codec.payload_type} {codec.encoding}/{RTP_CLOCK}")]
            formats = [str(codec.payload_type)]
            if (event := parameters.event_payload_type) is not None:
                formats.append(str(event))
                attributes += [("rtpmap", f"{event} telephone-event/{RTP_CLOCK}"), ("fmtp", f"{event} 0-15")]
            attributes += [("ptime", str(parameters.ptime_ms)), ("maxptime", str(MAXPTIME_MS))]
            if chosen.rtcp_mux:
                attributes.append(("rtcp-mux", ""))
            if ours is not None:
                attributes.append(("crypto", str(ours)))
            direction = MediaDirection.of(media.direction.receives, media.direction.sends and not self.hold)
            lines.append(Media("audio", self.port, media.protocol, tuple(formats), "", attributes, direction))
        body = self._write(lines)
        self.parameters = parameters
        return body

    def accept(self, answer: Description) -> MediaParameters:
        """Take the answer to our offer. Raises :class:`NotAcceptable`."""
        choice = choose(answer, self._allowed, self._policy)
        ours: Crypto | None = None
        if choice.crypto is not None:
            # Which of ours was taken is told by its tag (RFC 4568 section 5.1.2).
            ours = next((key for key in self._keys.values() if key.tag == choice.crypto.tag), None)
            if ours is None or ours.key.suite is not choice.crypto.key.suite:
                raise NotAcceptable("the answer names no key that we offered")
        self.parameters = self._parameters(choice, ours)
        return self.parameters

    def _ours(self, tag: int, suite: CryptoSuite) -> Crypto:
        """Our key for that suite, made when it is first needed."""
        known = self._keys.get(suite)
        made = Crypto.make(tag, suite) if known is None else Crypto(tag, known.key)
        self._keys = {**self._keys, suite: made}
        return made

    def _renew_if_changed(self, theirs: Crypto) -> None:
        before = self.parameters.keys if self.parameters is not None else None
        if before is not None and before.theirs != theirs.key:
            self._keys = {}

    def _parameters(self, choice: Choice, ours: Crypto | None) -> MediaParameters:
        media, codec, theirs = choice.media, choice.format, choice.crypto
        events = (f for f in media.audio_formats() if f.encoding == "TELEPHONE-EVENT" and f.clock_rate == RTP_CLOCK)
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
            keys=SrtpKeys(ours.key, theirs.key) if ours is not None and theirs is not None else None,
            rtcp_mux=media.rtcp_mux,
            rtcp_port=media.rtcp_port,
        )

    def _write(self, media: list[Media]) -> bytes:
        if media != self._last:
            self._version += 1
            self._last = media
        return build(address=self.address, session_id=self._session_id, version=self._version, media=media)
