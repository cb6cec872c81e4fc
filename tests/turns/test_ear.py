"""The ear on real (synthesised) speech, in sample time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.turns.espeak_voice import Samples, burst, noise, over, quiet, speech
from voicebot.audio.frames import AudioFrame
from voicebot.dialogue.acts import Profile
from voicebot.settings import TurnSettings
from voicebot.spoken.finished import Finish
from voicebot.turns.ear import (
    Ear,
    EarEvent,
    NoInput,
    PauseBegan,
    SpeechDropped,
    SpeechResumed,
    SpeechStarted,
    TurnEnd,
    TurnEnded,
)

MS = 8


def frames(samples: Samples, rate: int = 8000, position: int = 0) -> list[AudioFrame]:
    """``samples`` as 20 ms frames; a rest shorter than a frame is dropped."""
    size = rate // 50
    return [
        AudioFrame(samples[start : start + size], rate, position + start)
        for start in range(0, len(samples) - size + 1, size)
    ]


def listen(ear: Ear, samples: Samples, *, bot_speaking: bool = False, position: int = 0) -> list[EarEvent]:
    """Every event that ``samples`` bring, over a faint line noise."""
    line = over(samples, noise(len(samples) * 1000 / ear.rate, ear.rate, -62))
    events: list[EarEvent] = []
    for frame in frames(line, ear.rate, position):
        events.extend(ear.feed(frame, bot_speaking=bot_speaking))
    return events


def turns(events: list[EarEvent]) -> list[TurnEnded]:
    return [event for event in events if isinstance(event, TurnEnded)]


def joined(*parts: Samples) -> Samples:
    return np.concatenate(parts)


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize("voice", ["en+m3", "en+f2"])
@pytest.mark.parametrize("word", ["yes", "no", "yeah", "eight", "aye"])
def test_one_word_is_one_turn_and_whole(word: str, voice: str, rate: int) -> None:
    spoken = speech(word, rate, voice)
    ear = Ear(rate)
    ear.expect(Profile.YES_NO)
    events = listen(ear, joined(quiet(600, rate), spoken, quiet(1000, rate)))
    (turn,) = turns(events)
    said_from, said_to = 600 * rate // 1000, 600 * rate // 1000 + len(spoken)
    assert turn.reason is TurnEnd.SILENCE
    assert said_from - 300 * rate // 1000 <= turn.utterance.start <= said_from - 100 * rate // 1000
    assert turn.utterance.end >= said_to
    assert len(turn.utterance.samples) == turn.utterance.end - turn.utterance.start
    assert turn.utterance.last_voiced == pytest.approx(said_to, abs=150 * rate // 1000)
    # The answer's turn is over within the yes/no time and the detector's lag.
    assert (turn.position - said_to) * 1000 / rate < 420 + 100


@pytest.mark.parametrize("length_ms", [150, 200])
def test_clipped_one_word_answers_are_caught(length_ms: int) -> None:
    word = speech("yeah", words_per_minute=260)[: length_ms * MS]
    ear = Ear(8000)
    ear.expect(Profile.YES_NO)
    (turn,) = turns(listen(ear, joined(quiet(600), word, quiet(900))))
    assert turn.utterance.voiced_ms >= 100


@pytest.mark.parametrize("pad_dbfs", [-50.0, -42.0])
def test_line_noise_neither_starts_nor_prolongs_a_turn(pad_dbfs: float) -> None:
    spoken = joined(quiet(2000), speech("my bin was not collected"), quiet(1500))
    ear = Ear(8000)
    events = listen(ear, over(spoken, noise(len(spoken) / MS, dbfs=pad_dbfs)))
    assert [type(event) for event in events] == [SpeechStarted, PauseBegan, TurnEnded]


def test_noise_alone_is_silence() -> None:
    ear = Ear(8000)
    assert listen(ear, joined(noise(1000, dbfs=-30), quiet(500), noise(1000, dbfs=-45, seed=4))) == []


@pytest.mark.parametrize("length_ms", [30, 80, 200, 350])
def test_coughs_and_clicks_are_no_turns(length_ms: int) -> None:
    ear = Ear(8000)
    events = listen(
        ear, joined(quiet(600), burst(length_ms), quiet(800), burst(length_ms, dbfs=-8, seed=9), quiet(800))
    )
    assert turns(events) == []


def test_a_blip_of_voice_is_dropped() -> None:
    class Blip:
        level, floor = -20.0, -60.0

        def __init__(self) -> None:
            self.count = 0

        def feed(self, frame: AudioFrame) -> float:
            self.count += 1
            return 0.9 if 10 <= self.count < 14 else 0.0

    ear = Ear(8000, activity=Blip())
    assert [type(event) for event in listen(ear, quiet(1000))] == [SpeechStarted, SpeechDropped]


POSTCODE = joined(speech("zed bee three"), quiet(850), speech("eight ell pea"), quiet(2000))


def test_a_postcode_with_a_pause_is_one_turn_when_spelling() -> None:
    ear = Ear(8000)
    ear.expect(Profile.SPELLING)
    events = listen(ear, joined(quiet(400), POSTCODE, quiet(1000)))
    assert [type(e) for e in events] == [SpeechStarted, PauseBegan, SpeechResumed, PauseBegan, TurnEnded]
    first_pause, turn = events[1], events[-1]
    assert isinstance(first_pause, PauseBegan)
    assert isinstance(turn, TurnEnded)
    assert turn.utterance.last_voiced > first_pause.utterance.last_voiced


def test_the_same_pause_splits_a_normal_turn_and_is_learned() -> None:
    ear = Ear(8000)
    ear.expect(Profile.NORMAL)
    events = listen(ear, joined(quiet(400), POSTCODE))
    first, second = turns(events)
    assert not first.utterance.continues
    assert second.utterance.continues
    ear.expect(Profile.NORMAL)
    assert ear.end_ms > 850
    again = listen(ear, joined(quiet(600), POSTCODE, quiet(1000)), position=second.position)
    assert len(turns(again)) == 1


def test_a_complete_pattern_ends_early() -> None:
    ear = Ear(8000)
    ear.expect(Profile.SPELLING)
    said = joined(quiet(400), speech("zed bee three eight ell pea"), quiet(2000))
    ended: TurnEnded | None = None
    for frame in frames(said):
        for event in ear.feed(frame):
            if isinstance(event, PauseBegan):
                ear.sounds(Finish.COMPLETE)
            if isinstance(event, TurnEnded):
                ended = event
    assert ended is not None
    assert ended.reason is TurnEnd.COMPLETE
    assert (ended.position - ended.utterance.last_voiced) / MS <= 440


def test_a_slow_speaker_gets_patience() -> None:
    pause = 560
    words = [part for word in ["I", "would", "like", "a", "new", "bin"] for part in (speech(word), quiet(pause))]
    ear = Ear(8000)
    ear.expect(Profile.NORMAL)
    events = listen(ear, joined(quiet(400), *words, quiet(3000)))
    assert len(turns(events)) == 1
    assert ear.pace.patient
    assert ear.end_ms >= 1400


def test_two_cut_offs_make_it_patient() -> None:
    ear = Ear(8000)
    parts = [part for _ in range(3) for part in (speech("it is about"), quiet(1050))]
    events = listen(ear, joined(quiet(400), *parts, quiet(1500)))
    assert sum(turn.utterance.continues for turn in turns(events)) >= 1
    ear.pace.cut_off(900, Profile.NORMAL)
    assert ear.pace.patient


def test_speculation_matches_the_end() -> None:
    ear = Ear(8000)
    events = listen(ear, joined(quiet(400), speech("where do I pay"), quiet(1500)))
    pause = next(event for event in events if isinstance(event, PauseBegan))
    (turn,) = turns(events)
    assert pause.utterance.last_voiced == turn.utterance.last_voiced
    assert (pause.position - pause.utterance.last_voiced) / MS == pytest.approx(ear.settings.speculate_ms, abs=20)
    assert (turn.position - turn.utterance.last_voiced) / MS == pytest.approx(760, abs=20)


def test_no_input_comes_once_and_counts_from_the_bots_silence() -> None:
    ear = Ear(8000)
    ear.expect(Profile.NORMAL, no_input_ms=2000)
    assert listen(ear, quiet(3000), bot_speaking=True) == []
    events = listen(ear, quiet(5000), position=3000 * MS)
    assert events == [NoInput(5000 * MS, 2000)]
    ear.expect(Profile.NORMAL, no_input_ms=1000)
    ear.disarm()
    assert listen(ear, quiet(2000), position=8000 * MS) == []


def test_speech_stops_the_wait_for_input() -> None:
    ear = Ear(8000)
    ear.expect(Profile.NORMAL, no_input_ms=1000)
    events = listen(ear, joined(quiet(800), speech("hello there"), quiet(3000)))
    assert not any(isinstance(event, NoInput) for event in events)
    assert len(turns(events)) == 1


def test_a_monologue_is_ended_and_nothing_of_it_is_lost() -> None:
    long = joined(
        quiet(200), *[speech("and another thing about the bins on our street") for _ in range(3)], quiet(1500)
    )
    ear = Ear(8000, TurnSettings(max_utterance_ms=3000))
    ended = turns(listen(ear, long))
    assert ended[0].reason is TurnEnd.TOO_LONG
    assert ended[0].utterance.duration_ms <= 3100
    assert ended[1].utterance.continues
    assert ended[1].utterance.start <= ended[0].utterance.end + 20 * MS


def test_echo_frames_are_not_speech() -> None:
    ear = Ear(8000)
    for frame in frames(joined(quiet(400), speech("I am the bot myself"), quiet(500))):
        assert ear.feed(frame, echo=True) == ()


class _Scripted:
    """An activity whose probabilities are given."""

    def __init__(self, probabilities: list[float]) -> None:
        self.level, self.floor = -20.0, -60.0
        self._probabilities = iter(probabilities)

    def feed(self, frame: AudioFrame) -> float:
        return next(self._probabilities)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.55, 0.9]), min_size=1, max_size=300),
    st.lists(st.sampled_from([*Profile, "complete", "disarm", "discard"]), max_size=5),
    st.integers(0, 10**9),
)
def test_any_sequence_keeps_order(probabilities: list[float], commands: list[str], start: int) -> None:
    ear = Ear(8000, TurnSettings(max_utterance_ms=2000, no_input_ms=500), activity=_Scripted(probabilities))
    size = 160
    started, last = False, start
    turn_end = start
    for index in range(len(probabilities)):
        if commands and index % 40 == 7:
            command = commands[index // 40 % len(commands)]
            match command:
                case "complete":
                    ear.sounds(Finish.COMPLETE)
                case "disarm":
                    ear.disarm()
                case "discard":
                    ear.discard()
                    started = False
                case _:
                    ear.expect(Profile(command))
        frame = AudioFrame(np.full(size, index % 100, np.int16), 8000, start + index * size)
        for event in ear.feed(frame):
            assert event.position == frame.position + size
            assert event.position > last
            last = event.position
            if isinstance(event, SpeechStarted):
                assert not started
                assert event.onset >= start
                started = True
            elif isinstance(event, PauseBegan | SpeechResumed | SpeechDropped | TurnEnded):
                assert started
            if isinstance(event, TurnEnded):
                heard = event.utterance
                assert turn_end <= heard.start <= heard.onset < heard.last_voiced <= heard.end <= event.position
                assert len(heard.samples) == heard.end - heard.start
                assert heard.samples[0] == (heard.start - start) // size % 100
                turn_end = heard.end
            if isinstance(event, TurnEnded | SpeechDropped):
                started = False
        assert ear.speaking == started


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.sampled_from([8000, 16000]))
def test_any_audio_never_raises(kinds: list[int], rate: int) -> None:
    size = rate // 50
    voice = speech("hello", rate)
    sounds = [quiet(20, rate), noise(20, rate, -20), np.full(size, 32767, np.int16), voice[:size], voice[1000:][:size]]
    ear = Ear(rate)
    for index, kind in enumerate(kinds):
        ear.feed(AudioFrame(sounds[kind], rate, index * size, concealed=kind == 0), bot_speaking=kind == 1)
