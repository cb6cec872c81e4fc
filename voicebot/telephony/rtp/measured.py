"""How well an RTP stream carried a call, from what was counted at this end and what the peer's reports say."""

from voicebot.audio.jitter import JitterStats
from voicebot.telephony.quality import MediaQuality, estimate_mos
from voicebot.telephony.rtp.reports import RtcpReporter


def measured(
    encoding: str,
    encrypted: str,
    *,
    sent: int,
    received: int,
    lost: int,
    counts: JitterStats,
    jitter_ms: float,
    buffer_ms: float,
    packet_ms: float,
    reporter: RtcpReporter,
    first_sequence: int,
    clock_rate: int,
) -> MediaQuality:
    """``received`` and ``lost`` are packets of the peer's; ``jitter_ms`` is RFC 3550's estimate, ``buffer_ms`` what the
    jitter buffer holds, ``packet_ms`` the length of our packets. ``first_sequence`` and ``clock_rate`` (Hz) are of the
    stream that we send and the RTP clock."""
    lost_percent = 100 * (lost + counts.late) / max(1, lost + received - counts.duplicate)
    delay = (reporter.round_trip_ms or 0.0) / 2 + packet_ms + max(buffer_ms, 2 * jitter_ms)
    return MediaQuality(
        encoding=encoding,
        encrypted=encrypted,
        sent=sent,
        received=received,
        lost=lost,
        late=counts.late,
        duplicates=counts.duplicate,
        concealed_ms=round(counts.concealed_ms),
        lost_percent=round(lost_percent, 2),
        jitter_ms=round(jitter_ms, 1),
        delay_ms=round(delay, 1),
        mos=round(estimate_mos(lost_percent, delay), 2),
        round_trip_ms=reporter.round_trip_ms,
        peer_lost_percent=reporter.peer_lost_percent(first_sequence),
        peer_jitter_ms=reporter.peer_jitter_ms(clock_rate),
    )
