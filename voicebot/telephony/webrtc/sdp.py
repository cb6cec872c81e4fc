"""A browser's offer and our answer (RFC 8866 with the attributes of JSEP, RFC 9429): one audio line, one transport."""

import re
from dataclasses import dataclass
from enum import StrEnum

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.sdp import Description, Media, parse
from voicebot.telephony.webrtc.ice import Credentials, candidate

_PROFILE = "UDP/TLS/RTP/SAVPF"
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-F]{2}:){31,63}[0-9A-F]{2})\Z", re.ASCII | re.IGNORECASE)
_TOKEN = re.compile(r"[!#-'*+./0-9A-Z^_`a-z{|}~-]{1,256}\Z", re.ASCII)
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}\Z", re.ASCII)


class BrowserCodec(StrEnum):
    """How a browser's audio is carried."""

    OPUS = "OPUS"
    PCMA = "PCMA"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of the browser's certificate (RFC 8122)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What matters of an offer. ``index`` is the audio line's place among ``lines``, each with its mid and how it is
    refused."""

    ufrag: str
    fingerprints: tuple[Fingerprint, ...]
    codec: BrowserCodec
    payload_type: int
    mid: str
    index: int
    lines: tuple[tuple[str, str], ...]


def read_offer(text: str, codecs: tuple[BrowserCodec, ...] = tuple(BrowserCodec)) -> Offer:
    """Read an offer; of ``codecs`` the first that it holds is taken. Raises :class:`ProtocolError`."""
    description = parse(text.encode())
    index = next((n for n, line in enumerate(description.media) if line.kind == "audio" and line.port), None)
    if index is None:
        raise ProtocolError("the offer has no audio")
    audio = description.media[index]
    if audio.protocol != _PROFILE:
        raise ProtocolError(f"the audio is not offered over {_PROFILE}")
    if not (audio.direction.sends and audio.direction.receives):
        raise ProtocolError("the audio is not offered both ways")
    if audio.attribute("rtcp-mux") is None:
        raise ProtocolError("the offer does not multiplex RTCP")
    ufrag = _anywhere(description, audio, "ice-ufrag")
    if not _ICE.match(ufrag):
        raise ProtocolError("the offer has no ICE username")
    if _anywhere(description, audio, "setup") not in ("actpass", "passive"):
        raise ProtocolError("the offer does not let us begin DTLS")
    codec, payload_type = _choose(audio, codecs)
    return Offer(
        ufrag=ufrag,
        fingerprints=_fingerprints(description, audio),
        codec=codec,
        payload_type=payload_type,
        mid=_mid(audio),
        index=index,
        lines=tuple(
            (_mid(line), f"{line.kind} 0 {line.protocol} {' '.join(line.formats)}") for line in description.media
        ),
    )


def _anywhere(description: Description, media: Media, name: str) -> str:
    """An attribute of the line, or else of the session."""
    return media.attribute(name) or next((value for key, value in description.attributes if key == name), "")


def _mid(media: Media) -> str:
    mid = media.attribute("mid") or ""
    if not _TOKEN.match(mid):
        raise ProtocolError("a media line without an identification")
    return mid


def _fingerprints(description: Description, audio: Media) -> tuple[Fingerprint, ...]:
    found = []
    for name, value in (*audio.attributes, *description.attributes):
        if name == "fingerprint" and (match := _FINGERPRINT.match(value.strip())):
            found.append(Fingerprint(match[1].lower(), match[2].upper()))
    if not found:
        raise ProtocolError("the offer has no certificate fingerprint that we know")
    return tuple(found)


def _choose(audio: Media, codecs: tuple[BrowserCodec, ...]) -> tuple[BrowserCodec, int]:
    offered = audio.audio_formats()
    for codec in codecs:
        clock = 48000 if codec is BrowserCodec.OPUS else 8000
        for each in offered:
            if each.encoding == codec and each.clock_rate == clock:
                return codec, each.payload_type
    raise ProtocolError("the offer has neither Opus nor PCMA")


def answer(offer: Offer, *, ours: Credentials, fingerprint: Fingerprint, hosts: tuple[str, ...], port: int) -> str:
    """The answer: we are ICE-lite at ``hosts`` and ``port``, begin DTLS, and refuse every line but the audio."""
    lines = [
        "v=0",
        f"o=- {port} 1 IN {_family(hosts[0])} {hosts[0]}",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {offer.mid}",
    ]
    for index, (mid, refusal) in enumerate(offer.lines):
        if index != offer.index:
            lines += [f"m={refusal}", f"c=IN {_family(hosts[0])} {hosts[0]}", f"a=mid:{mid}", "a=inactive"]
            continue
        lines += [
            f"m=audio {port} {_PROFILE} {offer.payload_type}",
            f"c=IN {_family(hosts[0])} {hosts[0]}",
            *_format(offer),
            "a=ptime:20",
            "a=sendrecv",
            f"a=mid:{mid}",
            "a=rtcp-mux",
            f"a=ice-ufrag:{ours.ufrag}",
            f"a=ice-pwd:{ours.password}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
            "a=setup:active",
            "a=msid:voicebot voice",
            *(f"a=candidate:{candidate(host, port, number)}" for number, host in enumerate(hosts, 1)),
            "a=end-of-candidates",
        ]
    return "\r\n".join(lines) + "\r\n"


def _format(offer: Offer) -> list[str]:
    number = offer.payload_type
    if offer.codec is BrowserCodec.PCMA:
        return [f"a=rtpmap:{number} PCMA/8000"]
    # mono at speech bandwidth, and steady: a pause that is sent as nothing would look like loss
    return [
        f"a=rtpmap:{number} opus/48000/2",
        f"a=fmtp:{number} maxplaybackrate=16000;stereo=0;useinbandfec=0;usedtx=0",
    ]


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"
