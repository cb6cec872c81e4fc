"""The webhooks: who may ask, what is answered, and how a caller is handed on and brought back."""

import asyncio
import base64
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.telephony.streams.stream_harness import KEY, SECRET, Bot, Place, place, telnyx_public_key, until
from voicebot.caller.stream_phone import Dialled, StreamCall, StreamPhone
from voicebot.errors import TransferRefused
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import EndReason
from voicebot.telephony.streams import leg as leg_module
from voicebot.telephony.streams.leg import StreamLeg
from voicebot.telephony.streams.signature import TelnyxSignature

PUBLIC = "https://voice.example.gov.uk"
FIELDS = {"CallSid": "CA1", "From": "+441632960111", "To": "+441632960000", "CallStatus": "ringing"}
JOIN_ON_ANSWER = HandoffSettings(join_on="answer")


async def post(
    at: Place, path: str, fields: Mapping[str, str], *, secret: str = SECRET, url: str = "", body: bytes | None = None
) -> httpx.Response:
    """A POST as Twilio signs it."""
    signature = RequestValidator(secret).compute_signature(url or at.line.public_url + path, dict(fields))
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{at.line.port}") as client:
        return await client.post(path, content=body or urlencode(fields).encode(), headers=headers)


def verbs(response: httpx.Response) -> list[ET.Element]:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    return list(ET.fromstring(response.text))


# who may ask, and what is answered


async def test_a_call_is_answered_with_a_stream_and_its_token() -> None:
    async with place(public_url=PUBLIC) as at:
        answer, after = verbs(await post(at, "/twilio/voice", FIELDS))
        stream = answer[0]
        assert (answer.tag, stream.tag, stream.get("url")) == (
            "Connect",
            "Stream",
            "wss://voice.example.gov.uk/twilio/stream",
        )
        (parameter,) = stream
        assert parameter.get("name") == "token"
        assert len(parameter.get("value", "")) >= 32
        assert (after.tag, after.get("method"), after.text) == ("Redirect", "POST", f"{PUBLIC}/twilio/after")


async def test_a_request_that_is_not_the_providers_is_refused() -> None:
    async with place(public_url=PUBLIC) as at:
        wrong = [
            await post(at, "/twilio/voice", FIELDS, secret="another"),
            await post(at, "/twilio/voice", FIELDS, url="https://somebody.else/twilio/voice"),
            await post(at, "/twilio/voice", FIELDS, body=urlencode(FIELDS | {"From": "+441632960999"}).encode()),
            await post(at, "/twilio/after?call=CA2", FIELDS, url=f"{PUBLIC}/twilio/after"),
            await post(at, "/twilio/voice", {}, body=b"\xff\xfe"),
        ]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{at.line.port}") as client:
            wrong.append(await client.post("/twilio/voice", data=FIELDS))
            wrong.append(await client.post("/telnyx/voice", data=FIELDS))
        assert [response.status_code for response in wrong] == [403] * 7
        assert len(at.line.calls) == 0


async def test_other_requests_get_other_answers() -> None:
    async with place() as at:
        assert (await post(at, "/twilio/voice", {"From": "x"})).status_code == 400
        assert (await post(at, "/twilio/voice", FIELDS | {"X": "y" * 70000})).status_code == 413
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{at.line.port}") as client:
            assert (await client.get("/twilio/voice")).status_code == 405
            assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize(
    ("sender", "known"),
    [("+441632960111", "+441632960111"), ("anonymous", ""), ("client:anna", "client:anna"), ("Restricted", "")],
)
async def test_what_is_known_of_the_caller(sender: str, known: str) -> None:
    async with place() as at:
        fields = FIELDS | {
            "From": sender,
            "ForwardedFrom": "+441632960001",
            "SipHeader_User-to-User": "00ab;encoding=hex",
        }
        await post(at, "/twilio/voice", fields)
        call = at.line.calls.find("twilio", "CA1", at.line.now())
        assert call is not None
        assert (call.caller, call.called) == (known, "+441632960000")
        assert call.headers == {"diversion": "+441632960001", "user-to-user": "00ab;encoding=hex"}


async def test_telnyx_signs_with_its_key_and_not_long_ago() -> None:
    signature, body, now = TelnyxSignature(telnyx_public_key()), b"CallSid=v3", 1_800_000_000.0

    def headers(at: str, signed: bytes) -> dict[str, str]:
        return {"telnyx-timestamp": at, "telnyx-signature-ed25519": base64.b64encode(KEY.sign(signed)).decode()}

    good = headers("1800000000", b"1800000000|" + body)
    assert signature.of_request(good, body, now)
    assert not signature.of_request(good, body + b"&x=1", now)
    assert not signature.of_request(good, body, now + 301)
    assert not signature.of_request(good, body, now - 301)
    assert not signature.of_request(good | {"telnyx-timestamp": "1800000001"}, body, now)
    for broken in ({}, {"telnyx-timestamp": "soon"}, good | {"telnyx-signature-ed25519": "?"}):
        assert not signature.of_request(broken, body, now)


async def test_telnyx_is_answered_in_its_own_attributes() -> None:
    async with place(public_url=PUBLIC) as at:
        phone = StreamPhone(key=KEY, public_url=PUBLIC)
        phone._base, phone._provider = f"http://127.0.0.1:{at.line.port}", "telnyx"
        text = await phone.post(f"{PUBLIC}/telnyx/voice", FIELDS)
        stream = ET.fromstring(text)[0][0]
        assert stream.attrib == {
            "url": "wss://voice.example.gov.uk/telnyx/stream",
            "track": "inbound_track",
            "codec": "PCMA",
            "bidirectionalMode": "rtp",
            "bidirectionalCodec": "PCMA",
        }
        await phone.stop()


# handing on


async def handed_on(
    target: str, phone: Any, *, whisper: str = "", handoff: HandoffSettings = JOIN_ON_ANSWER
) -> tuple[StreamCall, StreamLeg, str]:
    """Ring, and have the bot hand the caller on; gives the call, our leg and why it was refused."""
    refusals: list[TransferRefused] = []

    async def talk(leg: StreamLeg) -> None:
        try:
            await leg.hand_on(target, headers={"User-to-User": "00c2;encoding=hex", "From": "x"}, whisper=whisper)
        except TransferRefused as refusal:
            refusals.append(refusal)

    bot = Bot(talk=talk)
    async with place(bot, on_dial=phone, dial={"default": target}, public_url=PUBLIC, handoff=handoff) as at:
        caller = await at.phone.dial(at.twilio)
        await until(lambda: bool(bot.legs) and (bot.legs[0].end is not None or bool(refusals)))
        if bot.legs[0].end is None:
            await bot.legs[0].hangup()
        await caller.wait_ended()
        await until(lambda: not at.line.legs and not at.line.connections)
        return at.phone.calls[0], bot.legs[0], str(refusals[0]) if refusals else ""


async def takes_it(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
    await phone.post(dialled.attributes["statusCallback"], {"CallSid": "CA2", "CallStatus": "in-progress"})
    return {"DialCallStatus": "completed", "DialBridged": "true"}


async def nobody(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
    return {"DialCallStatus": "no-answer"}


@pytest.mark.parametrize(
    ("target", "noun", "value"),
    [
        ("+441632960123", "number", "+441632960123"),
        ("sip:team@pbx.example", "sip", "sip:team@pbx.example?User-to-User=00c2%3Bencoding%3Dhex"),
        ("client:anna", "client", "anna"),
    ],
)
async def test_the_caller_is_dialled_on_by_closing_the_stream(target: str, noun: str, value: str) -> None:
    call, leg, refused = await handed_on(target, takes_it)
    assert refused == ""
    assert leg.end is not None
    assert (leg.end.reason, leg.end.detail) == (EndReason.LOCAL_HANGUP, "handed on")
    (dialled,) = call.dialled
    assert (dialled.noun, dialled.value) == (noun, value)
    assert dialled.options == {
        "action": f"{PUBLIC}/twilio/dialled",
        "method": "POST",
        "timeout": "20",
        "answerOnBridge": "true",
    }
    assert dialled.attributes["statusCallbackEvent"] == "answered completed"
    assert call.verbs == ["Redirect", "Dial", "Hangup"]


async def test_nobody_answers_and_the_caller_comes_back_to_the_same_leg() -> None:
    call, leg, refused = await handed_on("+441632960123", nobody)
    assert refused == "408 nobody took the call"
    assert call.verbs == ["Redirect", "Dial", "Connect", "Redirect", "Hangup"]
    assert leg.end is not None
    assert (leg.end.reason, leg.end.detail) == (EndReason.LOCAL_HANGUP, ""), "after its message, say"


@pytest.mark.parametrize(("status", "code"), [("busy", 486), ("failed", 480), ("canceled", 487)])
async def test_why_nobody_answered(status: str, code: int) -> None:
    async def fails(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        return {"DialCallStatus": status}

    _, _, refused = await handed_on("+441632960123", fails)
    assert refused.startswith(str(code))


async def test_the_caller_comes_back_with_the_same_port_listening_and_time_going_on() -> None:
    positions: list[tuple[int, int]] = []

    async def talk(leg: StreamLeg) -> None:
        before = leg.position
        with pytest.raises(TransferRefused):
            await leg.transfer("+441632960123")
        positions.append((before, leg.position))
        heard = len(bot.port.heard)
        await until(lambda: any(not frame.concealed for frame in bot.port.heard[heard:]))

    bot = Bot(talk=talk)
    async with place(bot, on_dial=nobody, dial={"default": "+441632960123"}) as at:
        caller = await at.phone.dial(at.twilio)
        await until(lambda: bool(positions))
        before, after = positions[0]
        assert after >= before
        frames = [frame.position for frame in bot.port.heard]
        assert frames == list(range(frames[0], frames[0] + 160 * len(frames), 160))
        assert len(bot.legs) == 1
        await caller.hangup()


@pytest.mark.parametrize("target", ["queue:support team", "workflow:WW" + "0" * 32])
async def test_a_caller_is_put_into_a_queue(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.telephony.streams.webhook.QUEUED_S", 0.05)

    async def waits(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        await asyncio.sleep(0.2)
        return {"QueueResult": "bridged"}

    call, leg, refused = await handed_on(target, waits)
    assert (refused, leg.end and leg.end.detail) == ("", "handed on")
    (dialled,) = call.dialled
    assert (dialled.noun, dialled.value) == ("enqueue", target.partition(":")[2])
    assert call.verbs == ["Redirect", "Enqueue", "Hangup"]


async def test_a_queue_that_is_full_brings_the_caller_back() -> None:
    async def full(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        return {"QueueResult": "queue-full"}

    call, _, refused = await handed_on("queue:support", full)
    assert refused.startswith("486")
    assert call.verbs == ["Redirect", "Enqueue", "Connect", "Redirect", "Hangup"]


@pytest.mark.parametrize(("digit", "taken"), [("1", True), ("2", False), ("", False)])
async def test_whoever_answers_hears_what_it_is_about_and_takes_it_with_a_key(digit: str, taken: bool) -> None:
    heard: list[str] = []

    async def answers(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        child = {"CallSid": "CA2", "CallStatus": "in-progress"}
        await phone.post(dialled.attributes["statusCallback"], child)
        (gather, _) = ET.fromstring(await phone.post(dialled.attributes["url"], child))
        heard.append(gather[0].text or "")
        next_ = ET.fromstring(await phone.post(gather.get("action", ""), child | {"Digits": digit}))
        joined = len(next_) == 0
        return {"DialCallStatus": "completed", "DialBridged": str(joined).lower()}

    call, leg, refused = await handed_on(
        "+441632960123", answers, whisper="Ms Jones, about her bin.", handoff=HandoffSettings()
    )
    assert heard == ["Ms Jones, about her bin. Press 1 to take the call."]
    assert (refused == "") is taken
    assert leg.end is not None
    assert (leg.end.detail == "handed on") is taken
    assert call.verbs[-1] == "Hangup"


async def test_with_join_on_answer_the_whisper_is_only_spoken() -> None:
    heard: list[str] = []

    async def answers(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        document = ET.fromstring(await phone.post(dialled.attributes["url"], {"CallSid": "CA2"}))
        heard.extend(f"{element.tag}: {element.text}" for element in document)
        return await takes_it(phone, call, dialled)

    _, _, refused = await handed_on("+441632960123", answers, whisper="About a bin.")
    assert (heard, refused) == (["Say: About a bin."], "")


async def test_a_caller_who_hangs_up_while_it_rings_is_gone() -> None:
    async def gives_up(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        return {"DialCallStatus": "no-answer", "CallStatus": "completed"}

    call, leg, refused = await handed_on("+441632960123", gives_up)
    assert refused == "the caller has gone"
    assert leg.end is not None
    assert leg.end.reason is EndReason.REMOTE_HANGUP
    assert call.verbs == ["Redirect", "Dial", "Hangup"]


async def test_a_provider_that_never_asks_again_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg_module, "ASK_S", 0.05)
    refusals: list[str] = []

    async def talk(leg: StreamLeg) -> None:
        caller.on_stream_end = lambda: None  # type: ignore[attr-defined]
        with pytest.raises(TransferRefused) as refused:
            await leg.transfer("+441632960123")
        refusals.append(str(refused.value))

    bot = Bot()
    async with place(bot, dial={"default": "+441632960123"}) as at:
        caller = await at.phone.dial(at.twilio)
        await until(lambda: bool(bot.legs))
        await talk(bot.legs[0])
        assert refusals == ["the caller has gone"]
        assert bot.legs[0].end is not None


async def test_a_status_callback_ends_the_leg() -> None:
    async with place() as at:
        await at.phone.dial(at.twilio)
        await until(lambda: bool(at.bot.port.heard))
        call_id = at.phone.calls[0].call_id
        assert (await post(at, "/twilio/status", {"CallSid": call_id, "CallStatus": "in-progress"})).status_code == 200
        assert len(at.line.legs) == 1
        await post(at, "/twilio/status", {"CallSid": call_id, "CallStatus": "completed"})
        await until(lambda: not at.line.legs)
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is EndReason.REMOTE_HANGUP
        (answer,) = verbs(await post(at, "/twilio/after", {"CallSid": call_id}))
        assert answer.tag == "Hangup"


async def test_a_caller_whose_stream_breaks_is_dialled_on_then_comes_back_and_is_told_at_last() -> None:
    async with place(dial={"default": "+441632960123"}) as at:
        (first, *_) = verbs(await post(at, "/twilio/after", {"CallSid": "CA9"}))
        (second, *_) = verbs(await post(at, "/twilio/dialled", {"CallSid": "CA9", "DialCallStatus": "busy"}))
        (third, last) = verbs(await post(at, "/twilio/after", {"CallSid": "CA9"}))
        assert [first.tag, second.tag, third.tag, last.tag] == ["Dial", "Connect", "Say", "Hangup"]
        (done,) = verbs(await post(at, "/twilio/after", {"CallSid": "CA9"}))
        assert done.tag == "Hangup"


async def test_when_every_line_is_taken_the_caller_goes_to_a_person_if_one_is_configured() -> None:
    async with place(max_calls=0, dial={"default": "+441632960123"}) as at:
        (answer, _) = verbs(await post(at, "/twilio/voice", FIELDS))
        assert answer.tag == "Dial"
    async with place(max_calls=0) as at:
        (answer,) = verbs(await post(at, "/twilio/voice", FIELDS))
        assert (answer.tag, answer.get("reason")) == ("Reject", "busy")


async def test_a_line_that_lets_its_calls_end_takes_no_more() -> None:
    async with place(dial={"default": "+441632960123"}) as at:
        (answer, *_) = verbs(await post(at, "/twilio/voice", FIELDS))
        assert answer.tag == "Connect"
        at.line.stop_accepting()
        (answer, _) = verbs(await post(at, "/twilio/voice", {**FIELDS, "CallSid": "CA10"}))
        assert answer.tag == "Dial"


async def test_a_whisper_for_nobody_lets_go() -> None:
    async with place() as at:
        for what in ("whisper", "accept"):
            (answer,) = verbs(await post(at, f"/twilio/{what}?call=CA9", {"CallSid": "CA2", "Digits": "1"}))
            assert answer.tag == "Hangup"
        assert verbs(await post(at, "/twilio/status?call=CA9", {"CallSid": "CA2", "CallStatus": "completed"})) == []


async def test_telnyx_hands_on_too_where_it_can() -> None:
    outcome: list[str] = []

    async def talk(leg: StreamLeg) -> None:
        await leg.transfer(leg.destination("waste") or "")
        outcome.append(leg.end.detail if leg.end is not None else "")

    for target, where in (("+441632960123", "+441632960123"), ("client:anna", None)):
        bot = Bot(talk=talk if where else None)
        async with place(bot, on_dial=takes_it, dial={"waste": target}, handoff=JOIN_ON_ANSWER) as at:
            await at.phone.dial(at.telnyx)
            await until(lambda bot=bot: bool(bot.legs))  # type: ignore[misc]
            assert bot.legs[0].destination("waste") == where
            assert bot.legs[0].destination("revenues") is None
            if where:
                await until(lambda: bool(outcome))
                await until(lambda at=at: at.phone.calls[0].verbs[-1:] == ["Hangup"])  # type: ignore[misc]
                assert at.phone.calls[0].verbs == ["Redirect", "Dial", "Hangup"]
    assert outcome == ["handed on"]
