"""Offering a call to an agent: the whisper, the key, the time that runs out. All in the leg's own audio."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame, frame_samples, silence
from voicebot.handoff.offer import OfferAnswer, WhisperPort
from voicebot.handoff.voicemail import MessageRecorder
from voicebot.telephony.leg import EndReason, KeyPress, LegEnded

RATE = 8000
FRAME = frame_samples(RATE)
WHISPER = np.full(RATE, 1000, dtype=np.int16)


def play(port: WhisperPort | MessageRecorder, frames: int, heard: NDArray[np.int16] | None = None) -> NDArray[np.int16]:
    sound = silence(RATE) if heard is None else heard
    out = []
    for index in range(frames):
        said = port.exchange(AudioFrame(sound, RATE, index * FRAME))
        out.append(silence(RATE) if said is None else said)
    return np.concatenate(out)


async def decided(port: WhisperPort) -> OfferAnswer:
    return await asyncio.wait_for(port.wait(1.0), 1.0)


async def test_the_agent_hears_the_whisper_and_again_after_a_pause() -> None:
    port = WhisperPort(WHISPER, RATE, accept_s=10, pause_s=2)
    said = play(port, 50 * 4)
    assert (said[:RATE] == 1000).all()
    assert not said[RATE : 3 * RATE].any()
    assert (said[3 * RATE : 4 * RATE] == 1000).all()


@pytest.mark.parametrize(("key", "answer"), [("1", OfferAnswer.ACCEPTED), ("2", OfferAnswer.DECLINED)])
async def test_a_key_decides_even_before_the_whisper_ends(key: str, answer: OfferAnswer) -> None:
    port = WhisperPort(WHISPER, RATE, accept_s=10)
    play(port, 5)
    port.key(KeyPress(key, 5 * FRAME))
    assert await decided(port) is answer
    assert not play(port, 5).any(), "the whisper stops"


async def test_other_keys_decide_nothing() -> None:
    port = WhisperPort(WHISPER, RATE, accept_s=1)
    port.key(KeyPress("5", 0))
    play(port, 50 + 50 - 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.wait(5.0), 0.01)
    play(port, 2)
    assert await decided(port) is OfferAnswer.TIMED_OUT


async def test_joining_on_answer_waits_for_the_whisper_only() -> None:
    port = WhisperPort(WHISPER, RATE, accept_s=10, on_answer=True)
    play(port, 51)
    assert await decided(port) is OfferAnswer.ACCEPTED


async def test_an_agent_who_hangs_up_is_gone() -> None:
    port = WhisperPort(WHISPER, RATE, accept_s=10)
    port.ended(LegEnded(EndReason.REMOTE_HANGUP))
    assert await decided(port) is OfferAnswer.GONE


PROMPT = np.full(FRAME * 3, 500, dtype=np.int16)
VOICE = np.full(FRAME, 4000, dtype=np.int16)


async def test_a_message_begins_after_the_prompt_and_ends_in_silence() -> None:
    recorder = MessageRecorder(PROMPT, RATE, max_s=60, silence_s=1)
    play(recorder, 3, VOICE)
    play(recorder, 10, VOICE)
    play(recorder, 51)
    message = await recorder.wait(1.0)
    assert len(message) == FRAME * 60, "ten frames of voice and the second of silence that ended it"
    assert (message[: FRAME * 10] == 4000).all()


async def test_hash_ends_a_message_and_silence_is_none() -> None:
    recorder = MessageRecorder(PROMPT, RATE, max_s=60)
    play(recorder, 10)
    recorder.key(KeyPress("#", 0))
    assert len(await recorder.wait(1.0)) == 0


async def test_a_message_has_a_limit() -> None:
    recorder = MessageRecorder(PROMPT, RATE, max_s=1)
    play(recorder, 3 + 80, VOICE)
    assert len(await recorder.wait(1.0)) == RATE


async def test_hanging_up_keeps_what_was_said() -> None:
    recorder = MessageRecorder(PROMPT, RATE, max_s=60)
    play(recorder, 3 + 25, VOICE)
    recorder.ended(LegEnded(EndReason.REMOTE_HANGUP))
    assert len(await recorder.wait(1.0)) == 25 * FRAME
