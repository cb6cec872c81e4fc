"""One call's RTP without sockets."""

from ipaddress import ip_network
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import g711, tones
from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import KeyPress
from voicebot.telephony.rtp.packet import RtpPacket, parse
from voicebot.telephony.rtp.session import RtpSession

ALLOWED = (ip_network("127.0.0.0/8"),)
HERE, THERE = ("127.0.0.1", 4000), ("127.0.0.1", 5000)
TONE = tones.sine(500, 3000, 8000, -12)


def session(
    ptime_ms: int = 20, *, encoding: str = "PCMA", events: int | None = 101, send: bool = True, receive: bool = True
) -> RtpSession:
    made = RtpSession(ALLOWED)
    made.configure(
        remote=THERE,
        payload_type=8 if encoding == "PCMA" else 0,
        encoding=encoding,
        ptime_ms=ptime_ms,
        event_payload_type=events,
        send=send,
        receive=receive,
    )
    return made


def talk(one: RtpSession, two: RtpSession, ticks: int) -> tuple[NDArray[np.int16], list[KeyPress]]:
    """``one`` speaks the tone; gives what ``two`` heard."""
    heard: list[NDArray[np.int16]] = []
    keys: list[KeyPress] = []
    for _ in range(ticks):
        now = two.position
        for data in one.push(TONE[now : now + 160] if now + 160 <= len(TONE) else None):
            keys += two.receive(data, THERE, now).keys
        frame, lost = two.pull(now)
        keys += lost
        assert frame.position == now
        heard.append(frame.samples)
    return np.concatenate(heard), keys


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 50, 60])
@pytest.mark.parametrize("encoding", ["PCMA", "PCMU"])
def test_any_packet_length_carries_the_same_audio(ptime: int, encoding: str) -> None:
    sender, hearer = session(ptime, encoding=encoding), session(encoding=encoding)
    heard, _ = talk(sender, hearer, 100)
    codec = g711.codec(encoding)
    wanted = codec.decode(codec.encode(TONE[:8000]))
    windows = np.lib.stride_tricks.sliding_window_view(heard, 8000)
    places = np.flatnonzero((windows == wanted).all(axis=1))
    assert len(places) > 0
    assert places[0] <= 8 * (30 + ptime + 20)
    assert hearer.jitter.stats.late == 0


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_packets_have_the_length_asked_for_and_run_on(ptime: int) -> None:
    sender = session(ptime)
    packets = [parse(data) for tick in range(60) for data in sender.push(None)]
    assert {len(packet.payload) for packet in packets} == {8 * ptime}
    assert {packet.payload for packet in packets} == {b"\xd5" * 8 * ptime}
    steps = {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets)}
    assert steps == {8 * ptime}
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(packets)} == {1}
    assert len(packets) == 1200 // ptime
    assert len({packet.ssrc for packet in packets}) == 1


def test_keys_travel_beside_the_audio_and_say_when() -> None:
    sender, hearer = session(), session()
    talk(sender, hearer, 20)
    sender.press("4#")
    _, keys = talk(sender, hearer, 30)
    assert [(key.key, key.duration_ms) for key in keys] == [("4", 100), ("#", 100)]
    assert 3000 <= keys[0].position <= 3200 + 240
    assert keys[1].position - keys[0].position == pytest.approx(1600, abs=160)
    assert not sender.keys_pending


def test_without_events_keys_are_sent_as_tones() -> None:
    sender, hearer = session(events=None), session(events=None)
    sender.press("9")
    heard, keys = talk(sender, hearer, 12)
    assert keys == []
    spectrum = np.abs(np.fft.rfft(heard[300:1000] * np.hanning(700)))
    strongest = sorted(float(n) * 8000 / 700 for n in np.argsort(spectrum)[-2:])
    assert strongest == pytest.approx([852, 1477], abs=12)


def test_a_remote_outside_the_allowed_networks_is_refused_and_nothing_changes() -> None:
    made = session()
    with pytest.raises(TelephonyError, match="allowed networks"):
        made.configure(
            remote=("192.0.2.7", 4000),
            payload_type=0,
            encoding="PCMU",
            ptime_ms=20,
            event_payload_type=None,
            send=True,
            receive=True,
        )
    assert made.target == THERE
    assert parse(made.push(None)[0]).payload_type == 8
    with pytest.raises(ProtocolError):
        made.configure(
            remote=THERE, payload_type=9, encoding="G729", ptime_ms=20, event_payload_type=None, send=True, receive=True
        )


def test_on_hold_nothing_is_sent_and_nothing_heard() -> None:
    sender = session(send=False)
    assert sender.push(TONE[:160]) == []
    deaf = session(receive=False)
    deaf.receive(session().push(TONE[:160])[0], THERE, 0)
    assert deaf.stats.refused == 1
    assert deaf.pull(0)[0].concealed


def test_time_runs_on_over_a_hold() -> None:
    sender = session()
    first = parse(sender.push(None)[0])
    for send in (False, True):
        sender.configure(
            remote=THERE, payload_type=8, encoding="PCMA", ptime_ms=20, event_payload_type=101, send=send, receive=True
        )
        packets = [data for _ in range(10) for data in sender.push(None)]
    again = parse(packets[0])
    assert (again.timestamp - first.timestamp) & 0xFFFFFFFF == 11 * 160
    assert (again.sequence - first.sequence) & 0xFFFF == 1


def test_strangers_and_rubbish_are_counted_and_ignored() -> None:
    made = session()
    good = RtpPacket(8, 1, 160, 7, b"\xd5" * 160)
    assert made.receive(good.build(), ("192.0.2.1", 5000), 0).audio is None
    assert made.receive(b"\x00\x01", THERE, 0).audio is None
    assert made.receive(RtpPacket(96, 1, 160, 7, b"?").build(), THERE, 0).audio is None
    assert made.receive(RtpPacket(101, 1, 160, 7, b"?").build(), THERE, 0).keys == ()
    assert made.receive(good.build(), THERE, 0).audio is not None
    assert (made.stats.refused, made.stats.malformed, made.stats.ignored) == (1, 2, 1)


def test_another_law_than_agreed_is_still_understood() -> None:
    made = session()
    samples = made.receive(RtpPacket(0, 1, 0, 7, g711.encode_ulaw(TONE[:160])).build(), THERE, 0).audio
    assert samples is not None
    assert np.abs(samples.astype(int) - TONE[:160]).max() < 300


def test_a_new_ssrc_of_the_same_source_takes_over_once_it_insists() -> None:
    made = session()

    def send(ssrc: int, n: int) -> bool:
        return made.receive(RtpPacket(8, n, n * 160, ssrc, b"\x55" * 160).build(), THERE, n * 160).audio is not None

    assert send(1, 1)
    assert not send(2, 2), "one stray packet"
    assert send(1, 3)
    assert not send(2, 4)
    assert send(2, 5)
    assert send(2, 6)
    assert made.jitter.stats.resets == 1
