"""One call's RTP without sockets."""

from ipaddress import ip_network
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import g711, tones
from voicebot.audio.encodings import G722_64
from voicebot.audio.levels import dbfs
from voicebot.errors import ProtocolError, TelephonyError
from voicebot.telephony.leg import KeyPress
from voicebot.telephony.rtp.packet import RtpPacket, parse
from voicebot.telephony.rtp.session import RtpSession
from voicebot.telephony.rtp.srtp import CryptoSuite, MasterKey, SrtpKeys

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


def at_16k(encoding: str = "G722", rate: int | None = None, keys: SrtpKeys | None = None) -> RtpSession:
    made = RtpSession(ALLOWED, rate)
    made.configure(
        remote=THERE,
        payload_type={"G722": 9, "PCMA": 8}[encoding],
        encoding=encoding,
        ptime_ms=20,
        event_payload_type=101,
        send=True,
        receive=True,
        keys=keys,
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


WIDE = tones.sine(5500, 2000, 16000, -12)  # above what a narrow-band line carries


def strength(samples: NDArray[np.int16], rate: int, hz: float) -> float:
    """The level of ``hz`` in dBFS."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples) * 4
    return float(20 * np.log10(spectrum[round(hz * len(samples) / rate)] / 32768 + 1e-9))


def converse(one: RtpSession, two: RtpSession, sound: NDArray[np.int16], ticks: int) -> NDArray[np.int16]:
    """``one`` says ``sound`` at its rate; gives what ``two`` heard at its own."""
    heard = []
    step = one.rate // 50
    for tick in range(ticks):
        for packet in one.push(sound[tick * step : (tick + 1) * step]):
            two.receive(one.seal(packet), THERE, tick * 160)
        frame, _ = two.pull(tick * 160)
        assert (len(frame.samples), frame.rate, frame.position) == (two.rate // 50, two.rate, tick * two.rate // 50)
        heard.append(frame.samples)
    return np.concatenate(heard)


@pytest.mark.parametrize("ptime", [10, 20, 30, 60])
def test_g722_is_a_leg_of_16_khz(ptime: int) -> None:
    sender, hearer = at_16k(), at_16k()
    assert sender.rate == 16000
    sender.sender.configure(
        encoding=G722_64, rate=16000, payload_type=9, ptime_ms=ptime, event_payload_type=101, send=True
    )
    heard = converse(sender, hearer, WIDE, 90)
    assert strength(heard[8000:24000], 16000, 5500) > -16
    assert hearer.jitter.stats.late == 0
    assert hearer.jitter.stats.concealed_frames <= 2


@pytest.mark.parametrize(("one", "two"), [(8000, 16000), (16000, 8000), (16000, 16000)])
@pytest.mark.parametrize("encoding", ["G722", "PCMA"])
def test_a_leg_keeps_its_rate_whatever_is_negotiated(one: int, two: int, encoding: str) -> None:
    sender, hearer = at_16k(encoding, one), at_16k(encoding, two)
    assert (sender.rate, hearer.rate) == (one, two)
    heard = converse(sender, hearer, tones.sine(700, 2000, one, -12), 90)
    assert strength(heard[two // 2 :], two, 700) == pytest.approx(-12, abs=1)


def test_the_codec_may_change_in_a_call() -> None:
    sender, hearer = at_16k("G722"), at_16k("G722")
    sound = tones.sine(700, 2000, 16000, -12)
    for encoding, number in (("PCMA", 8), ("G722", 9)):
        for end in (sender, hearer):
            end.configure(
                remote=THERE,
                payload_type=number,
                encoding=encoding,
                ptime_ms=20,
                event_payload_type=101,
                send=True,
                receive=True,
            )
        hearer.receiver.position = 0
        heard = converse(sender, hearer, sound, 90)
        assert strength(heard[8000:], 16000, 700) == pytest.approx(-12, abs=1)


def test_keys_have_their_place_in_16_khz_audio() -> None:
    sender, hearer = at_16k(), at_16k()
    keys: list[KeyPress] = []
    for tick in range(60):
        if tick == 20:
            sender.press("7")
        for packet in sender.push(None):
            keys += hearer.receive(packet, THERE, tick * 160).keys
        keys += hearer.pull(tick * 160)[1]
    assert [(key.key, key.duration_ms) for key in keys] == [("7", 100)]
    assert 6000 <= keys[0].position <= 6400 + 960


def secure(suite: CryptoSuite) -> tuple[RtpSession, RtpSession]:
    one, two = (MasterKey(suite, bytes([n]) * suite.key_length) for n in (1, 2))
    return at_16k(keys=SrtpKeys(one, two)), at_16k(keys=SrtpKeys(two, one))


@pytest.mark.parametrize("suite", CryptoSuite)
def test_encrypted_audio_is_heard_and_clear_or_forged_is_not(suite: CryptoSuite) -> None:
    one, two = secure(suite)
    assert strength(converse(one, two, WIDE, 90)[8000:24000], 16000, 5500) > -16
    assert two.stats.forged == 0
    clear = RtpPacket(9, 1, 160, 7, bytes(160)).build()
    assert two.receive(clear, THERE, 0).audio is None
    assert two.stats.forged == 1
    one.reporter.start(0.0)
    report = next(filter(None, (one.report(at / 10) for at in range(200))))
    two.receive_rtcp(report, THERE, 3.0)
    assert two.stats.reports == 1
    two.receive_rtcp(report, THERE, 3.0)
    assert (two.stats.reports, two.stats.forged) == (1, 2)


def test_a_change_of_key_in_the_call_is_heard_through() -> None:
    one, two = secure(CryptoSuite.AES_CM_128_HMAC_SHA1_80)
    converse(one, two, WIDE, 20)
    fresh = MasterKey(CryptoSuite.AES_CM_128_HMAC_SHA1_80, bytes([9]) * 30)
    old = SrtpKeys(*(MasterKey(CryptoSuite.AES_CM_128_HMAC_SHA1_80, bytes([n]) * 30) for n in (1, 2)))
    for end, keys in ((one, SrtpKeys(fresh, old.theirs)), (two, SrtpKeys(old.theirs, fresh))):
        end.configure(
            remote=THERE,
            payload_type=9,
            encoding="G722",
            ptime_ms=20,
            event_payload_type=101,
            send=True,
            receive=True,
            keys=keys,
        )
    two.receiver.position = 0
    converse(one, two, WIDE, 60)
    assert two.stats.forged == 0


def test_comfort_noise_is_heard_until_speech_comes_and_is_marked() -> None:
    made = session()
    sequence = 0
    frames = []
    for tick in range(100):
        payload = g711.encode_alaw(TONE[tick * 160 : (tick + 1) * 160])
        if tick < 20 or tick >= 80:
            made.receive(RtpPacket(8, sequence, tick * 160, 7, payload).build(), THERE, tick * 160)
            sequence += 1
        elif tick % 20 == 0:
            made.receive(RtpPacket(13, sequence, tick * 160, 7, bytes((60,))).build(), THERE, tick * 160)
            sequence += 1
        frames.append(made.pull(tick * 160)[0])
    quiet = frames[30:80]
    assert all(frame.comfort_noise for frame in quiet)
    assert dbfs(np.concatenate([frame.samples for frame in quiet])) == pytest.approx(-60, abs=1)
    assert not any(frame.comfort_noise for frame in frames[:20] + frames[85:])
    assert strength(np.concatenate([frame.samples for frame in frames[85:]]), 8000, 500) > -15
    quality = made.quality()
    assert quality is not None
    assert (quality.lost, quality.lost_percent) == (0, 0.0)


def test_losses_jitter_and_the_peers_reports_make_the_quality() -> None:
    one, two = session(), session()
    for end in (one, two):
        end.reporter.start(0.0)
    for tick in range(1000):
        at = tick / 50
        for here, there in ((one, two), (two, one)):
            for n, packet in enumerate(here.push(TONE[:160])):
                if (tick + n) % 20 != 7:
                    there.receive(packet, THERE, tick * 160)
            report = here.report(at)
            if report is not None:
                there.receive_rtcp(report, THERE, at + 0.025)
            here.pull(tick * 160)
    quality = one.quality()
    assert quality is not None
    assert quality.lost_percent == pytest.approx(5, abs=0.3)
    assert quality.peer_lost_percent == pytest.approx(5, abs=0.5)
    assert quality.round_trip_ms == pytest.approx(50, abs=2)
    assert (quality.encoding, quality.encrypted, quality.late) == ("PCMA", "", 0)
    assert 3.2 < quality.mos < 3.9
    assert quality.concealed_ms >= 900


def test_reports_from_elsewhere_are_refused() -> None:
    made = session()
    made.receive_rtcp(bytes.fromhex("80c9000100000007"), ("127.0.0.9", 5001), 0.0)
    made.receive_rtcp(bytes.fromhex("80c9000100000007"), ("192.0.2.1", 5001), 0.0)
    made.receive_rtcp(b"?", THERE, 0.0)
    assert (made.stats.refused, made.stats.malformed, made.stats.reports) == (2, 1, 0)
    assert made.rtcp_target == ("127.0.0.1", 5001)
    made.receive_rtcp(bytes.fromhex("80c9000100000007"), ("127.0.0.1", 6001), 0.0)
    assert made.rtcp_target == ("127.0.0.1", 6001)
