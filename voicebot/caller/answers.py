"""What came of each thing that a caller said, from what crossed the wire and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.telephony.rtp.wire import WirePacket, WireWatch


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was said: from before its first packet to after its last, in monotonic seconds."""

    text: str
    began: float
    over: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a line. ``wire_ms`` runs from its last voiced sample sent to the first voiced sample received; it is
    None when no answer came, and when the other side spoke before the line was over (``cut_off``).

    ``first_s`` and ``last_s`` are when its first and its last voiced packet were sent, ``answered_s`` is when the
    answer's first came, all in monotonic seconds. The two packets are not as far apart as the two samples: by
    ``packets_ms``, depending on where in them these lie.
    """

    text: str
    wire_ms: float | None
    cut_off: bool
    first_s: float
    last_s: float
    answered_s: float | None = None
    packets_ms: float = 0.0


def answers(watch: WireWatch, lines: Sequence[Line]) -> list[Answer]:
    """Each line with its answer, from the packets that were seen."""
    found = []
    for number, line in enumerate(lines):
        until = lines[number + 1].began if number + 1 < len(lines) else float("inf")
        sent = [packet for packet in watch.sent if line.began <= packet.at <= line.over]
        if not sent:
            continue
        first, last = sent[0], sent[-1]
        cut_off = any(first.at < packet.at <= last.at for packet in watch.received)
        answer = next((packet for packet in watch.received if last.at < packet.at < until), None)
        if answer is None or cut_off:
            found.append(Answer(line.text, None, cut_off, first.at, last.at))
            continue
        inside = _left(last, last.last_s) - _left(answer, answer.first_s)
        wire = (answer.at - last.at + inside) * 1000
        found.append(Answer(line.text, wire, False, first.at, last.at, answer.at, inside * 1000))
    return found


def _left(packet: WirePacket, place_s: float) -> float:
    """From a place in a packet to its end, in seconds."""
    return packet.length_s - place_s
